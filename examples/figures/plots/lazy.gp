# The gap between networks and their linearizations by width, in several scalings (examples/figures/lazy.c).
load 'figure.gp'
set logscale xy
set format y '10^{%T}'
set xtics (32, 64, 128, 256, 512, 1024, 2048)
set xrange [26:2520]
set yrange [1.5e-4:0.8]
set xlabel 'width N, neurons'
set ylabel 'gap of outputs after 20 steps, relative to y'
set key bottom left title 'bars: ± 1 standard error'
stats data using (of('tanh N^-1/2', 'gap')) name 'TANH' nooutput
stats data using (of('ReLU N^-1/2', 'gap')) name 'RELU' nooutput
plot TANH_max * 32 / x with lines linestyle 23 title 'slopes -1/2 and -1', \
     RELU_max * sqrt(32 / x) with lines linestyle 23 notitle, \
     data using 'width':(of('tanh N^-1', 'gap')):(of('tanh N^-1', 'gap_se')) with yerrorlines linestyle 13 title 'tanh, γ = 1/N', \
     data using 'width':(of('tanh N^-3/4', 'gap')):(of('tanh N^-3/4', 'gap_se')) with yerrorlines linestyle 12 title 'tanh, γ = N^{-3/4}', \
     data using 'width':(of('ReLU N^-1/2', 'gap')):(of('ReLU N^-1/2', 'gap_se')) with yerrorlines linestyle 14 title 'ReLU, γ = 1/√N', \
     data using 'width':(of('tanh N^-1/2', 'gap')):(of('tanh N^-1/2', 'gap_se')) with yerrorlines linestyle 11 title 'tanh, γ = 1/√N'
