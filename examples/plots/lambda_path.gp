# Errors and evidence along lambda, and the best of each (examples/lambda_path.c).
load 'style.gp'
set border 11
set key outside top center horizontal
set logscale x
set format x '10^{%T}'
set xlabel 'lambda, in units of the kernel'
set ylabel "error, in units of the target's deviation"
set y2label 'log evidence in nats'
set y2tics
stats data using (sqrt($2)) skip 1 name 'LOO' nooutput
stats data using (sqrt($3)) skip 1 name 'GCV' nooutput
stats data using 4 skip 1 name 'EVIDENCE' nooutput
set y2range [EVIDENCE_max - 1500:EVIDENCE_max + 100]
at(column, best) = column == best ? best : NaN
plot data using 1:(sqrt($2)) skip 1 with lines linestyle 1 title 'leave-one-out error', \
     data using 1:(sqrt($3)) skip 1 with lines linestyle 2 title 'error by GCV', \
     data using 1:4 skip 1 axes x1y2 with lines linestyle 3 title 'log evidence (right)', \
     data using 1:(at(sqrt($2), LOO_min)) skip 1 with points linestyle 1 pointtype 7 pointsize 1.5 title 'the best of each', \
     data using 1:(at(sqrt($3), GCV_min)) skip 1 with points linestyle 2 pointtype 7 pointsize 1.5 notitle, \
     data using 1:(at($4, EVIDENCE_max)) skip 1 axes x1y2 with points linestyle 3 pointtype 7 pointsize 1.5 notitle
