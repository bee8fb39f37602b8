package oncall

// Nearest finds the candidate that a word is probably a slip for: at most a third of its letters differ, and at most
// three. It answers false when none is that close. Of equally close candidates the first in the list wins.
func Nearest(word string, candidates []string) (string, bool) {
	letters := []rune(word)
	best, least := "", min(max(len(letters)/3, 1), 3)+1
	for _, c := range candidates {
		if d := slips(letters, []rune(c)); d < least && d < len(letters) {
			best, least = c, d
		}
	}
	return best, best != ""
}

// slips counts the letters that were added, left out, mistyped or swapped with their neighbour between two words. It
// fills the table of all pairs of beginnings row by row; three rows are enough, because a swap looks back two.
func slips(a, b []rune) int {
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		older, old, row = old, row, older
		row[0] = i + 1
		for j, y := range b {
			mistyped := old[j]
			if x != y {
				mistyped++
			}
			row[j+1] = min(mistyped, old[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
