# The energy and the surrogate's band, before and after the orbit (examples/surrogate.c).
load 'style.gp'
set multiplot
set lmargin at screen 0.12
set rmargin at screen 0.97
set xrange [-1.8:1.8]
set yrange [-0.5:2]
set ytics 0.5
set ylabel 'energy in J'
set key top center horizontal samplen 4

set tmargin at screen 0.93
set bmargin at screen 0.56
set format x ''
set title 'fitted to 40 values within 1 m of the centre' offset 0,-0.5
plot data using 1:($3 - $4):($3 + $4) skip 1 with filledcurves linecolor rgb band title 'mean ± 2 deviations', \
     data using 1:2 skip 1 with lines linestyle 1 title 'simulator', \
     data using 1:3 skip 1 with lines linestyle 2 title 'mean'

set tmargin at screen 0.48
set bmargin at screen 0.11
set format x '%g'
set title 'after the orbit, with the values that the simulator was asked for'
set xlabel 'x in m, at y = 0'
plot data using 1:($5 - $6):($5 + $6) skip 1 with filledcurves linecolor rgb band notitle, \
     data using 1:2 skip 1 with lines linestyle 1 notitle, \
     data using 1:5 skip 1 with lines linestyle 2 notitle
unset multiplot
