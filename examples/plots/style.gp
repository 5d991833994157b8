# What the pictures share: legible in grey, so lines differ by dashes and width, not by colour alone.
set datafile separator ','
set terminal pngcairo size 900,640 font 'Sans,13' linewidth 1.5
set output picture
set grid linecolor rgb '#d8d8d8' linetype 1 linewidth 0.5
set border 3
set tics nomirror out
set style fill solid 1 noborder
set style line 1 linecolor rgb '#000000' linewidth 1.5 dashtype solid
set style line 2 linecolor rgb '#1f4e9c' linewidth 2 dashtype 2
set style line 3 linecolor rgb '#b03a00' linewidth 1.5 dashtype 4
set style line 4 linecolor rgb '#000000' pointtype 7 pointsize 0.5
band = '#c4cfe4'
