# What the figures share, beyond the style of the other pictures: columns go by name, and curves differ by dashes and points.
load '../../plots/style.gp'
set datafile columnheaders
of(name, col) = strcol('series') eq name ? column(col) : NaN
set key samplen 4
set style line 11 linecolor rgb '#000000' linewidth 1.5 dashtype solid pointtype 7 pointsize 1.2
set style line 12 linecolor rgb '#1f4e9c' linewidth 2 dashtype 2 pointtype 4 pointsize 1.5
set style line 13 linecolor rgb '#b03a00' linewidth 1.5 dashtype 4 pointtype 8 pointsize 1.6
set style line 14 linecolor rgb '#3d7a3d' linewidth 2 dashtype 3 pointtype 6 pointsize 1.4
set style line 15 linecolor rgb '#6a3d9a' linewidth 1.5 dashtype 5 pointtype 13 pointsize 1.5
set style line 16 linecolor rgb '#555555' linewidth 1.5 dashtype 2 pointtype 2 pointsize 1.3
set style line 21 linecolor rgb '#c0c0c0' linewidth 5 dashtype solid
set style line 22 linecolor rgb '#a0a0a0' linewidth 4 dashtype 2
set style line 23 linecolor rgb '#909090' linewidth 1 dashtype 3
