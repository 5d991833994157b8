# The loss around a deep network, a wide one and its linearization (examples/figures/landscape.c).
load 'figure.gp'
set terminal pngcairo size 1350,520 font 'Sans,13' linewidth 1.5
unset datafile columnheaders
# The rows of one series as a grid, which gnuplot wants an empty line in at each new alpha.
grid(name) = "< awk -F, '$1 == \"".name."\" { if (n++ && $2 != last) print \"\"; last = $2; print $2 \",\" $3 \",\" $4 }' '".data."'"
set multiplot layout 1,3 margins 0.055,0.90,0.16,0.90 spacing 0.03
set view map
set border
unset grid
unset key
set size square
set pm3d interpolate 1,1
set palette gray negative gamma 1
set logscale zcb
set zrange [1e-3:30]
set cbrange [1e-3:30]
set format cb '10^{%T}'
set xlabel 'α, along d_1'
set tics 0.5
set contour base
set cntrparam levels discrete 0.01, 0.03, 0.1, 0.3, 1, 3, 10
set cntrlabel onecolor format '%g' font ',9' start 8 interval 60
do for [k = 1:3] {
    name = word('deep wide linearized', k)
    set title word('8\ layers\ of\ 8 1024\ neurons linearized', k) offset 0,-0.5
    if (k == 1) { set ylabel 'β, along d_2'; set format y '%g' } else { unset ylabel; set format y '' }
    if (k == 3) { set colorbox user origin 0.915,0.18 size 0.015,0.70; set cblabel 'loss, relative to y' } else { unset colorbox }
    splot grid(name) using 1:2:3 with pm3d nocontour, \
          grid(name) using 1:2:3 with lines nosurface linecolor rgb '#000000' linewidth 0.7, \
          grid(name) using 1:2:3 with labels nosurface textcolor rgb '#000000'
}
unset multiplot
