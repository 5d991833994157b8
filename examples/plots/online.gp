# Measurements, predictions made before them, and what the model held (examples/online.c).
load 'style.gp'
set key top right horizontal
set xrange [740:860]
set multiplot
set lmargin at screen 0.11
set rmargin at screen 0.97
set tmargin at screen 0.96
set bmargin at screen 0.38
set format x ''
set yrange [120:230]
set ylabel 'temperature in °C'
plot data using 1:($3 - $4):($3 + $4) skip 1 with filledcurves linecolor rgb band title 'band of 95 %', \
     data using 1:3 skip 1 with lines linestyle 2 title 'predicted', \
     data using 1:2 skip 1 with points linestyle 4 title 'measured'
set tmargin at screen 0.33
set bmargin at screen 0.11
set format x '%g'
set yrange [0:180]
set ytics 50
set ylabel 'samples held'
set xlabel 'time in minutes'
plot data using 1:5 skip 1 with steps linestyle 1 notitle
unset multiplot
