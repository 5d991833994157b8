# Distances to w* by step, and errors by samples (examples/figures/neuron.c).
load 'figure.gp'
set multiplot
set lmargin at screen 0.12
set rmargin at screen 0.97
set logscale y
set format y '10^{%T}'

set tmargin at screen 0.97
set bmargin at screen 0.60
set xrange [0:400]
set yrange [1e-10:1e3]
set ytics 1e-10, 100
set xlabel 'step of gradient descent' offset 0,0.4
set ylabel 'distance to w*, relative'
set key top right maxrows 2 samplen 4
plot for [n in '4 8 16'] data using 'x':(of('rate '.n.' d', 'value')) with lines linestyle 21 title n eq '4' ? 'predicted' : '', \
     data using 'x':(of('descent 2 d', 'value')) with lines linestyle 14 title 'n = 2 d', \
     data using 'x':(of('descent 4 d', 'value')) with lines linestyle 11 title 'n = 4 d', \
     data using 'x':(of('descent 8 d', 'value')) with lines linestyle 12 title 'n = 8 d', \
     data using 'x':(of('descent 16 d', 'value')) with lines linestyle 13 title 'n = 16 d'

set tmargin at screen 0.46
set bmargin at screen 0.13
set logscale x 2
set xrange [1.8:36]
set xtics (2, 4, 8, 16, 32)
set xlabel 'samples a weight, n / d'
set ylabel 'error, relative to y^2'
do for [panel = 0:1] {
    set lmargin at screen (panel ? 0.62 : 0.12)
    set rmargin at screen (panel ? 0.97 : 0.49)
    if (panel) {
        set yrange [0.05:0.4]
        set ytics (0.05, 0.1, 0.2, 0.4)
        set format y '%g'
        set title 'kernels and polynomials alone' offset 0,-0.7
        set key inside left bottom maxrows auto
    } else {
        set yrange [1e-20:100]
        set ytics 1e-20, 1e4
        set key inside right center maxrows auto
    }
    plot for [k in 'kernel quadratic'] data using 'x':(of(k.' predicted', 'value')) with lines linestyle 21 \
             title panel && k eq 'kernel' ? 'predicted' : '', \
         data using 'x':(of('kernel', 'value')):(of('kernel', 'value_se')) with yerrorlines linestyle 12 \
             title panel ? 'K^{RF} + K^{NT}' : '', \
         data using 'x':(of('quadratic', 'value')):(of('quadratic', 'value_se')) with yerrorlines linestyle 13 \
             title panel ? 'quadratic' : '', \
         data using 'x':(panel ? NaN : of('neuron', 'value')):(of('neuron', 'value_se')) with yerrorlines linestyle 11 \
             title panel ? '' : 'the neuron'
}
unset multiplot
