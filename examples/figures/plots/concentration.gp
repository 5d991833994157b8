# How far kernel matrices of N neurons are from their limits, beside the theorem's rate (examples/figures/concentration.c).
load 'figure.gp'
set logscale xy
set format y '10^{%T}'
set xtics (128, 512, 2048, 8192, 32768)
set mxtics default
set xrange [100:42000]
set yrange [0.015:6]
set xlabel 'width N, neurons'
set ylabel "distance from the limit, |K^{-1/2} K_N K^{-1/2} − I|"
set key top right title 'bars: ± 1 standard error'
rate(name) = column('rate') * (strcol('series') eq name ? 2 : NaN)
plot data using 'width':(rate('NT d = 60 sphere')) with lines linestyle 21 title '2 √((n + d) / (N d)), RF: 2 √(n / N)', \
     data using 'width':(rate('NT d = 20 sphere')) with lines linestyle 21 notitle, \
     data using 'width':(rate('RF d = 60 sphere')) with lines linestyle 21 notitle, \
     data using 'width':(of('RF d = 60 Gaussian', 'deviation')):(of('RF d = 60 Gaussian', 'deviation_se')) with yerrorlines linestyle 14 title 'RF, d = 60, w Gaussian', \
     data using 'width':(of('RF d = 60 sphere', 'deviation')):(of('RF d = 60 sphere', 'deviation_se')) with yerrorlines linestyle 13 title 'RF, d = 60, w on the sphere', \
     data using 'width':(of('NT d = 20 sphere', 'deviation')):(of('NT d = 20 sphere', 'deviation_se')) with yerrorlines linestyle 12 title 'NT, d = 20, w on the sphere', \
     data using 'width':(of('NT d = 60 sphere', 'deviation')):(of('NT d = 60 sphere', 'deviation_se')) with yerrorlines linestyle 11 title 'NT, d = 60, w on the sphere'
