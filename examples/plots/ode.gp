# The losses of gradient flow and of its linearization, and the gap between them, of a differential equation's rates (examples/ode.c).
load 'style.gp'
set multiplot
set lmargin at screen 0.13
set rmargin at screen 0.97
set logscale xy
set xrange [20:2e4]
set format y '10^{%T}'
of(alpha, column) = $1 == alpha ? column : NaN

set tmargin at screen 0.97
set bmargin at screen 0.57
set format x ''
set ylabel 'loss, α = 1'
set key bottom left samplen 4
plot data using 2:(of(1, $5)) skip 1 with lines linestyle 3 title 'at most, by Lemma 1', \
     data using 2:(of(1, $3)) skip 1 with lines linestyle 1 title 'gradient flow', \
     data using 2:(of(1, $4)) skip 1 with lines linestyle 2 title 'linearized'

set tmargin at screen 0.52
set bmargin at screen 0.11
set format x '10^{%T}'
set xlabel 'time, in units of 1 / α^2'
set ylabel 'gap of outputs'
set yrange [1e-5:0.1]
set key top right samplen 4
plot data using 2:(of(1, $6)) skip 1 with lines linestyle 1 title 'α = 1', \
     data using 2:(of(4, $6)) skip 1 with lines linestyle 2 title 'α = 4', \
     data using 2:(of(16, $6)) skip 1 with lines linestyle 3 title 'α = 16'
unset multiplot
