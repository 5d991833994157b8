# Losses by step, of seven methods (examples/optimizers.c).
load 'style.gp'
set logscale y
set format y '10^{%T}'
set xrange [0:300]
set xlabel 'step'
set ylabel 'loss, mean of r^2'
set key outside right center samplen 5
of(name) = strcol(1) eq name ? $3 : NaN
plot data using 2:(of('gradient descent')) skip 1 with lines linestyle 1 title 'gradient descent', \
     data using 2:(of('momentum')) skip 1 with lines linestyle 2 title 'momentum', \
     data using 2:(of('Nesterov')) skip 1 with lines linestyle 3 title 'Nesterov', \
     data using 2:(of('batches of 20')) skip 1 with lines linestyle 1 linewidth 1 linecolor rgb '#a0a0a0' title 'batches of 20', \
     data using 2:(of('AdaGrad')) skip 1 every 15 with linespoints linestyle 1 pointtype 6 title 'AdaGrad', \
     data using 2:(of('RMSProp')) skip 1 every 15 with linespoints linestyle 2 pointtype 4 title 'RMSProp', \
     data using 2:(of('Adam')) skip 1 every 15 with linespoints linestyle 3 pointtype 8 title 'Adam'
