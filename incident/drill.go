package incident

import "strings"

// drillMark begins everything that a drill says, so that nobody takes it for the real thing.
const drillMark = "DRILL: "

// AsDrill marks a text as a drill's. One that begins with the mark already stays as it is.
func AsDrill(text string) string {
	if strings.HasPrefix(text, drillMark) {
		return text
	}
	return drillMark + text
}

// DrillRoom is the name of the room in which a drill plays: the wished one without its #, else "drill". Every drill that
// is given the same name plays in the same room.
func DrillRoom(wished string) string {
	const most = 80 // bytes; no chat takes longer names
	name := strings.ToLower(strings.TrimLeft(strings.TrimSpace(wished), "#"))
	if name == "" {
		return "drill"
	}
	return shorten(name, most)
}

// Counts says whether the incident belongs into metrics and statistics. A drill does not: its times say how people
// practised, and nothing of how the services did. Whatever computes over several incidents asks here.
func (i *Incident) Counts() bool { return !i.Drill }
