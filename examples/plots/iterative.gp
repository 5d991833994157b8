# Residuals of conjugate gradients by iteration (examples/iterative.c).
load 'style.gp'
set key at graph 0.98, graph 0.6 right
set yrange [1e-9:10]
set logscale y
set format y '10^{%T}'
set xlabel 'iteration'
set ylabel 'residual, relative to the targets'
of(name) = strcol(1) eq name ? $3 : NaN
plot data using 2:(of('none')) skip 1 with lines linestyle 1 title 'no preconditioner', \
     data using 2:(of('uniform pivots')) skip 1 with lines linestyle 2 title 'uniform pivots', \
     data using 2:(of('pivots by what is left')) skip 1 with lines linestyle 3 title 'pivots by what is left'
