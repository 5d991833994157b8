# Errors on other samples and in training, by how many labels were random (examples/figures/corruption.c).
load 'figure.gp'
set multiplot
set lmargin at screen 0.11
set rmargin at screen 0.97
set xrange [-4:104]
set xtics 25
set yrange [0:*]
set ytics 10

set tmargin at screen 0.96
set bmargin at screen 0.43
set format x ''
set ylabel 'error on other samples in %'
set key top left title 'bars: ± 1 standard error'
shift(x, k) = x + 0.8 * k
plot data using (shift(column('corrupted'), -1)):(of('network', 'test')):(of('network', 'test_se')) \
         with yerrorlines linestyle 11 title 'network', \
     data using (shift(column('corrupted'), 0)):(of('linearized', 'test')):(of('linearized', 'test_se')) \
         with yerrorlines linestyle 12 title 'linearized network', \
     data using (shift(column('corrupted'), 1)):(of('kernel', 'test')):(of('kernel', 'test_se')) \
         with yerrorlines linestyle 13 title 'kernel K^{RF} + K^{NT}'

set tmargin at screen 0.37
set bmargin at screen 0.12
set format x '%g'
set yrange [0:10]
set ytics 5
set xlabel 'labels replaced by random ones, in %'
set ylabel 'error in training in %'
unset key
plot data using (shift(column('corrupted'), -1)):(of('network', 'train')):(of('network', 'train_se')) with yerrorlines linestyle 11, \
     data using (shift(column('corrupted'), 0)):(of('linearized', 'train')):(of('linearized', 'train_se')) with yerrorlines linestyle 12, \
     data using (shift(column('corrupted'), 1)):(of('kernel', 'train')):(of('kernel', 'train_se')) with yerrorlines linestyle 13
unset multiplot
