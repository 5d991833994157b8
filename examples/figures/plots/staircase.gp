# Errors by samples: of the kernel over powers of d, and of all methods at d = 30 (examples/figures/staircase.c).
load 'figure.gp'
set terminal pngcairo size 900,900 font 'Sans,13' linewidth 1.5
set multiplot
set lmargin at screen 0.12
set rmargin at screen 0.97
set logscale y
set format y '10^{%T}'
power(name) = strcol('series') eq name ? log(column('n')) / log(column('d')) : NaN

set tmargin at screen 0.98
set bmargin at screen 0.57
set xrange [0.4:4.5]
set yrange [0.003:1.5]
set xtics 0.5, 0.5
set xlabel 'log n / log d, of n samples of d inputs' offset 0,0.4
set ylabel "kernel's error, relative to y (bars: 1 s.e.)"
set key bottom left
# what the degrees beyond the first, the second and the third hold as d grows
do for [level in '0.68169 0.18169 0.02254'] {
    set arrow from 0.4, level + 0 to 4.5, level + 0 nohead linestyle 23
}
set label 'held by degrees from 1 on' at 4.45, 0.68169 right offset 0, 0.5 font ',11'
set label 'from 2 on' at 4.45, 0.18169 right offset 0, 0.5 font ',11'
set label 'from 4 on' at 4.45, 0.02254 right offset 0, 0.5 font ',11'
plot data using (power('kernel 1000 predicted')):(of('kernel 1000 predicted', 'error')) with lines linewidth 2 dashtype 2 linecolor rgb '#505050' \
         title 'predicted, d = 1000', \
     for [d in '10 30 100'] data using (power('kernel '.d.' predicted')):(of('kernel '.d.' predicted', 'error')) \
         with lines linestyle 21 linewidth 3 title d eq '10' ? 'predicted' : '', \
     data using (power('kernel 10')):(of('kernel 10', 'error')):(of('kernel 10', 'error_se')) with yerrorbars linestyle 13 \
         title 'd = 10', \
     data using (power('kernel 30')):(of('kernel 30', 'error')):(of('kernel 30', 'error_se')) with yerrorbars linestyle 12 \
         title 'd = 30', \
     data using (power('kernel 100')):(of('kernel 100', 'error')):(of('kernel 100', 'error_se')) with yerrorbars linestyle 11 \
         title 'd = 100'

unset arrow
unset label
set tmargin at screen 0.47
set bmargin at screen 0.08
set logscale x
set format x '10^{%T}'
set xrange [4:4000]
set yrange [0.01:10]
set xtics 10, 10
set xlabel 'samples n of d = 30 inputs' offset 0,0.4
set ylabel 'error, relative to y (bars: 1 s.e.)'
set key top right
# far below the axis from there on
set label 'below 10^{-14}' at 95, 0.0125 font ',11'
shown(name) = of(name, 'error') < 0.0101 ? 0.0101 : of(name, 'error')
plot for [k in 'kernel linear quadratic'] data using 'n':(of(k.' 30 predicted', 'error')) with lines linestyle 21 linewidth 3 \
         title k eq 'kernel' ? 'predicted' : '', \
     data using 'n':(of('linear 30', 'error')):(of('linear 30', 'error_se')) with yerrorbars linestyle 14 \
         title 'linear regression', \
     data using 'n':(of('quadratic 30', 'error')):(of('quadratic 30', 'error_se')) with yerrorbars linestyle 13 pointsize 2.6 \
         title 'quadratic regression', \
     data using 'n':(of('kernel 30', 'error')):(of('kernel 30', 'error_se')) with yerrorbars linestyle 12 \
         title 'K^{RF} + K^{NT}', \
     data using 'n':(shown('neuron 30')):(of('neuron 30', 'error_se')) with yerrorlines linestyle 11 title 'gradient descent of a neuron'
unset multiplot
