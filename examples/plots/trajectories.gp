# Outputs of a network and of its linearization at three samples, by step (examples/trajectories.c).
load 'style.gp'
set multiplot
set lmargin at screen 0.10
set rmargin at screen 0.97
set xrange [0:60]
set ylabel 'output'
set key at graph 0.98, graph 0.55 right samplen 4
set ytics 0.5
show(regime, column) = strcol(1) eq regime ? column : NaN

do for [panel = 0:1] {
    regime = panel ? 'mean field' : 'kernel'
    set tmargin at screen (panel ? 0.48 : 0.95)
    set bmargin at screen (panel ? 0.11 : 0.58)
    set title (panel ? 'mean field, γ = 1/N' : 'kernel regime, γ = 1/√N') offset 0,-0.5
    set xlabel (panel ? 'step' : '')
    set format x (panel ? '%g' : '')
    plot data using 2:(show(regime, $5)) skip 1 with lines linestyle 1 title 'network, three samples', \
         data using 2:(show(regime, $7)) skip 1 with lines linestyle 1 notitle, \
         data using 2:(show(regime, $9)) skip 1 with lines linestyle 1 notitle, \
         data using 2:(show(regime, $6)) skip 1 with lines linestyle 2 title 'its linearization', \
         data using 2:(show(regime, $8)) skip 1 with lines linestyle 2 notitle, \
         data using 2:(show(regime, $10)) skip 1 with lines linestyle 2 notitle
}
unset multiplot
