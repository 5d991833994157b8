# The loss around a deep network, a wide one and its linearization (examples/figures/landscape.c).
load 'figure.gp'
set terminal pngcairo size 1350,520 font 'Sans,13' linewidth 1.5
set output picture
unset datafile columnheaders
# The rows of one series as a grid, which gnuplot wants an empty line in at each new alpha.
grid(name) = "< awk -F, '$1 == \"".name."\" { if (n++ && $2 != last) print \"\"; last = $2; print $2 \",\" $3 \",\" $4 }' '".data."'"
MOST = 30.
capped(z) = z < MOST ? z : MOST
set multiplot layout 1,3 margins 0.075,0.90,0.14,0.91 spacing 0.025
set view map
set border
unset grid
unset key
set size square
set palette defined (0 '#ffffff', 1 '#6a6a6a')
set logscale zcb
set zrange [1e-4:MOST]
set cbrange [1e-2:MOST]
set format cb '%g'
set cbtics (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
set xlabel 'α, along d_1, in units of θ' offset 0,-0.5
set xtics 0.5
set ytics 0.5
set contour base
set cntrparam levels discrete 0.03, 0.1, 0.3, 1, 3, 10
set cntrlabel onecolor format '%g' font ',10' start 12 interval 80
array titles[3] = ['deep: 8 layers of 8 neurons', 'wide: one layer of 1024', 'the wide one linearized']
do for [k = 1:3] {
    name = word('deep wide linearized', k)
    set title titles[k] offset 0,-0.7
    if (k == 1) { set ylabel 'β, along d_2, in units of θ' offset -1; set format y '%g' } else { unset ylabel; set format y '' }
    if (k == 3) { set colorbox user origin 0.915,0.20 size 0.015,0.65; set cblabel 'training loss, relative to y' offset 1 } else { unset colorbox }
    splot grid(name) using 1:2:(capped($3)) with pm3d nocontour, \
          grid(name) using 1:2:(capped($3)) with lines nosurface linecolor rgb '#000000' linewidth 0.8, \
          grid(name) using 1:2:(capped($3)) with labels nosurface textcolor rgb '#000000', \
          '+' using (0):(0):(1) every ::0::0 with points nocontour pointtype 1 pointsize 1.5 linecolor rgb '#000000' linewidth 1.5
}
unset multiplot
