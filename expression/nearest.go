package expression

// Nearest finds the candidate that word is most likely a misspelling of. It
// answers false when none is close: at most one edit in three characters and three
// in all, where two neighbours that changed places are one edit. Ties go to the candidate that
// sorts first, so that the same mistake always gets the same answer.
func Nearest(word string, candidates []string) (string, bool) {
	best, found := "", -1
	for _, candidate := range candidates {
		d, near := misspelling(word, candidate)
		if !near || d == 0 {
			continue
		}
		if found < 0 || d < found || (d == found && candidate < best) {
			best, found = candidate, d
		}
	}
	return best, found > 0
}

// misspelling counts the edits between two words, and tells whether they are few
// enough for one to be a misspelling of the other.
func misspelling(word, candidate string) (edits int, near bool) {
	length, other := len([]rune(word)), len([]rune(candidate))
	limit := min(max(length/3, 1), 3)
	if other-length > limit || length-other > limit {
		return 0, false
	}
	edits = editDistance(word, candidate)
	return edits, edits <= limit && edits < max(length, 1)
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours that turn a into b (the optimal string alignment distance).
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	before, previous := make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(from); i++ {
		current := make([]int, len(to)+1)
		current[0] = i
		for j := 1; j <= len(to); j++ {
			cost := 1
			if from[i-1] == to[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous = previous, current
	}
	return previous[len(to)]
}
