# The gap to the linearization by alpha, and losses by time, beside what is guaranteed (examples/certificate.c).
load 'style.gp'
set multiplot
set lmargin at screen 0.12
set rmargin at screen 0.97
set logscale y
set format y '10^{%T}'
of(what, column) = strcol(1) eq what ? column : NaN
stats data using (of('alpha', $5)) skip 1 name 'REQUIRED' nooutput

set tmargin at screen 0.97
set bmargin at screen 0.61
set logscale x
set xrange [1:1.2e4]
set yrange [1e-12:1e8]
set ytics 1e-12, 1e4
set format x '10^{%T}'
set xlabel 'scale α' offset 0,0.3
set ylabel 'gap to the linearization'
set key bottom left samplen 4
set arrow 1 from REQUIRED_max, graph 0 to REQUIRED_max, graph 1 nohead linecolor rgb '#909090' linewidth 1.5 dashtype 3
set label 1 'certified' at REQUIRED_max, graph 0.55 left offset 0.7,0
plot data using 2:(of('alpha', $4)) skip 1 with lines linestyle 2 title 'guaranteed, where certified', \
     data using 2:(of('alpha', $3)) skip 1 with linespoints linestyle 1 pointtype 7 title 'observed'

unset arrow 1
unset label 1
unset logscale x
set format x '%g'
set tmargin at screen 0.47
set bmargin at screen 0.12
set xrange [*:*]
set yrange [*:*]
set ytics auto
set xlabel 'time, in units of 1 / α^2, at the smallest α that is certified'
set ylabel 'loss'
set key bottom left
plot data using (of('time', $2)):(of('time', $5)) skip 1 with lines linestyle 2 title 'guaranteed', \
     data using (of('time', $2)):(of('time', $4)) skip 1 with lines linestyle 3 title 'by Lemma 1', \
     data using (of('time', $2)):(of('time', $3)) skip 1 with lines linestyle 1 title 'observed'
unset multiplot
