# The gap between networks and their linearizations by width, in three scalings (examples/lazy.c).
load 'style.gp'
set logscale xy
set format y '10^{%T}'
set xtics (32, 64, 128, 256, 512, 1024)
set xrange [26:1260]
set yrange [3e-4:0.5]
set xlabel 'width N'
set ylabel 'gap of outputs after 20 steps, relative to y'
set key bottom left
of(exponent) = abs($1 - exponent) < 1e-9 ? $3 : NaN
set style line 5 linecolor rgb '#909090' linewidth 1 dashtype 3
stats data using 3 skip 1 every ::0::0 name 'FIRST' nooutput
plot data using 2:(of(1)):4 skip 1 with yerrorlines linestyle 3 pointtype 4 pointsize 1.4 title 'γ = 1/N', \
     data using 2:(of(0.75)):4 skip 1 with yerrorlines linestyle 2 pointtype 6 pointsize 1.4 title 'γ = N^{-3/4}', \
     data using 2:(of(0.5)):4 skip 1 with yerrorlines linestyle 1 pointtype 7 pointsize 1.2 title 'γ = 1/√N', \
     FIRST_max * 32 / x with lines linestyle 5 title 'slope -1'
