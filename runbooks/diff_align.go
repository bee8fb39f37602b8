package runbooks

// pair is an item of two lists, by its places; -1 = it is not there.
type pair struct{ old, now int }

// aligned puts two lists side by side: what has the same mark, in the longest common order; then, in the gaps, what is
// alike enough to be the same after a change.
func aligned(old, now []string, alike func(i, j int) bool) []pair {
	longest := commonLengths(old, now)
	var out []pair
	i, j := 0, 0
	gapOld, gapNew := 0, 0
	closeGap := func() {
		out = append(out, inGap(span{gapOld, i}, span{gapNew, j}, alike)...)
	}
	for i < len(old) && j < len(now) {
		switch {
		case old[i] == now[j]:
			closeGap()
			out = append(out, pair{i, j})
			i, j = i+1, j+1
			gapOld, gapNew = i, j
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	i, j = len(old), len(now)
	closeGap()
	return out
}

// commonLengths is the length of the longest common order of what follows each pair of places.
func commonLengths(old, now []string) [][]int {
	longest := make([][]int, len(old)+1)
	for i := range longest {
		longest[i] = make([]int, len(now)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if old[i] == now[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	return longest
}

// span is a piece of a list, the end not included.
type span struct{ from, to int }

// inGap pairs what is alike between two places that are the same; what was removed comes before what stands there now.
func inGap(old, now span, alike func(i, j int) bool) []pair {
	var out []pair
	from := old.from
	removed := func(to int) {
		for ; from < to; from++ {
			out = append(out, pair{from, -1})
		}
	}
	for j := now.from; j < now.to; j++ {
		i := from
		for i < old.to && !alike(i, j) {
			i++
		}
		if i == old.to {
			out = append(out, pair{-1, j})
			continue
		}
		removed(i)
		out = append(out, pair{i, j})
		from = i + 1
	}
	removed(old.to)
	return out
}
