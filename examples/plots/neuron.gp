# Distances to w* by step, and errors by samples (examples/neuron.c).
load 'style.gp'
set multiplot
set lmargin at screen 0.12
set rmargin at screen 0.97
set logscale y
set format y '10^{%T}'
of(what, times) = strcol(1) eq what && $2 == times ? $4 : NaN
predicted(times) = strcol(1) eq 'descent' && $2 == times && $5 < 1 ? $5 : NaN

set tmargin at screen 0.97
set bmargin at screen 0.60
set xrange [0:400]
set yrange [1e-10:1e3]
set ytics 1e-10, 100
set xlabel 'step' offset 0,0.4
set ylabel 'distance to w*, relative'
set key top right maxrows 2 samplen 4
plot for [times in '4 8 16'] data using 3:(predicted(times + 0)) skip 1 with lines linewidth 5 linecolor rgb '#c8c8c8' \
         title times eq '4' ? 'predicted' : '', \
     data using 3:(of('descent', 2)) skip 1 with lines linestyle 1 dashtype 3 title 'n = 2 d', \
     data using 3:(of('descent', 4)) skip 1 with lines linestyle 1 title 'n = 4 d', \
     data using 3:(of('descent', 8)) skip 1 with lines linestyle 2 title 'n = 8 d', \
     data using 3:(of('descent', 16)) skip 1 with lines linestyle 3 title 'n = 16 d'

error(column) = strcol(1) eq 'error' ? column : NaN
set tmargin at screen 0.46
set bmargin at screen 0.13
set logscale x 2
set xrange [1.8:36]
set yrange [1e-22:100]
set ytics 1e-20, 1e4
set xtics (2, 4, 8, 16, 32)
set xlabel 'samples a weight, n / d'
set ylabel 'error, relative to y'
set key center right maxrows auto
plot data using 2:(error($4)) skip 1 with linespoints linestyle 2 pointtype 7 pointsize 1.2 title 'K^{RF} + K^{NT}', \
     data using 2:(error($5)) skip 1 with linespoints linestyle 3 pointtype 4 pointsize 1.6 title 'quadratic polynomials', \
     data using 2:(error($3)) skip 1 with linespoints linestyle 1 pointtype 6 pointsize 1.2 \
         title 'gradient descent of the neuron'
unset multiplot
