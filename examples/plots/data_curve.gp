# A data set's learning curve, predicted from its kernel matrix and measured (examples/data_curve.c).
load 'style.gp'
set key inside bottom left
set logscale xy
set format x '10^{%T}'
set xlabel 'samples n'
set ylabel 'mean squared error, relative to the variance of y'
stats data using 1 skip 1 name 'SIZES' nooutput
set xrange [SIZES_min / 1.2:SIZES_max * 1.2]
plot data using 1:2 skip 1 with lines linestyle 1 title 'predicted from the spectrum', \
     data using 1:3 skip 1 with lines linestyle 2 title 'predicted as if the samples were the population', \
     data using 1:4:5 skip 1 with yerrorbars linecolor rgb '#000000' pointtype 7 pointsize 1 title 'measured on 20 subsets each, +- standard error'
