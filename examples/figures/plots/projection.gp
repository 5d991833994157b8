# A function and its projections along a circle, and its energies by degree (examples/figures/projection.c).
load 'figure.gp'
set multiplot
set lmargin at screen 0.12
set rmargin at screen 0.97

set tmargin at screen 0.97
set bmargin at screen 0.57
set xrange [-pi:pi]
set xtics ('-π' -pi, '-π/2' -pi / 2, '0' 0, 'π/2' pi / 2, 'π' pi)
set xlabel 'angle along a circle, radians' offset 0,0.4
set ylabel 'value'
set key top left maxrows 3 samplen 4
plot data using 'x':(of('f', 'value')) with lines linestyle 21 title 'f', \
     data using 'x':(of('degree 1', 'value')) with lines linestyle 13 title 'to degree 1', \
     data using 'x':(of('degree 2', 'value')) with lines linestyle 12 title 'to degree 2', \
     data using 'x':(of('degree 4', 'value')) with lines linestyle 14 title 'to degree 4', \
     data using 'x':(of('degree 8', 'value')) with lines linestyle 11 title 'to degree 8'

set tmargin at screen 0.43
set bmargin at screen 0.13
set rmargin at screen 0.52
set yrange [-1.5:4.5]
set key top left maxrows 2 samplen 2
plot data using 'x':(of('samples', 'value') - 2 * of('samples', 'value_se')):(of('samples', 'value') + 2 * of('samples', 'value_se')) \
         with filledcurves linecolor rgb band notitle, \
     data using 'x':(of('samples', 'value')) with lines linestyle 11 title 'from samples, ± 2 errors', \
     data using 'x':(of('degree 2', 'value')) with lines linestyle 12 title 'to degree 2 by formula'

set lmargin at screen 0.69
set rmargin at screen 0.97
set xrange [-0.5:6.5]
set xtics 0, 1
set xlabel 'degree'
set ylabel 'share of E f^2 (± 1 error)'
set logscale y
set yrange [1e-4:1]
set format y '10^{%T}'
set key top right maxrows 2 samplen 1
plot data using 'x':(of('energy', 'value')) with points linestyle 12 title 'by formula', \
     data using 'x':(of('energy from samples', 'value')):(of('energy from samples', 'value_se')) with yerrorbars linestyle 11 title 'samples'
unset multiplot
