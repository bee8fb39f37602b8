package workflows

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/musterbook/musterbook/incident"
)

// words are the first words on the telephone.
func (r *run) words(p *incident.Page) string {
	parts := []string{string(r.inc.Key), orElse(string(r.inc.Severity), "severity not set")}
	if r.inc.Drill { // before anything that could make a heart beat faster
		parts = append([]string{"This is a drill"}, parts...)
	}
	if !r.inc.ClearedAt.IsZero() {
		parts = append(parts, "the alert has cleared")
	}
	if r.inc.Private { // a telephone may be heard by anybody
		return strings.Join(append(parts, r.inc.Codename, "Join the chat"), ". ") + "."
	}
	parts = append(parts, strings.TrimSpace(r.inc.Service+" "+r.inc.Title))
	if p != nil && p.Message != "" {
		parts = append(parts, p.Message)
	}
	return strings.Join(parts, ". ") + "."
}

// shortMessage is the text of an SMS and the piece of it that no other message to this person has. The reply's code is
// the incident's number. It is cut to one segment; a text that needs letters beyond the telephones' alphabet has less
// room in a segment, so it gets two.
func (r *run) shortMessage(p *incident.Page, number int) (text, reference string) {
	code := strings.ToLower(strings.TrimPrefix(string(r.inc.Key), "INC-"))
	reference = fmt.Sprintf("(%s-%d)", code, r.ordinal(p)*1000+number)
	words := plainSigns.Replace(strings.TrimSuffix(r.words(p), "."))
	ways := fmt.Sprintf(". Reply %sa to acknowledge, %se to escalate", code, code)
	tail, more := ways+". "+reference, ways+fmt.Sprintf(", %sd to decline. %s", code, reference)
	if r.inc.Key.Number() == 0 { // a provisional key means nothing to whoever reads replies
		tail = ". Acknowledge in the chat room. " + reference
		more = tail
	}
	room, width := segment, septets
	if septets(words) < 0 {
		room, width = twoWideSegments, units
	}
	for words != "" && width(words)+width(tail) > room {
		_, size := utf8.DecodeLastRuneInString(words)
		words = words[:len(words)-size]
	}
	if width(words)+width(more) <= room { // what it is about comes first
		tail = more
	}
	return words + tail, reference
}

// How much fits into a message (3GPP TS 23.038): one segment of the telephones' own alphabet, in septets; two segments
// of UTF-16, in units.
const (
	segment         = 160
	twoWideSegments = 2 * 67
)

// The telephones' alphabet (GSM 03.38) as far as anybody uses it: the signs that take one septet, and those that take
// two.
const (
	narrowSigns = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	wideSigns   = "^{}\\[~]|€"
)

// plainSigns puts signs of the telephones' alphabet in the place of typographic ones.
var plainSigns = strings.NewReplacer(
	"…", "...", "–", "-", "—", "-", "·", "-", "•", "-", "“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`,
	"‘", "'", "’", "'", "\u00a0", " ", "\t", " ", "→", "->", "×", "x", "`", "'",
)

// septets is a text's length in the telephones' alphabet, or -1 when it has signs beyond it.
func septets(text string) int {
	count := 0
	for _, sign := range text {
		switch {
		case strings.ContainsRune(narrowSigns, sign):
			count++
		case strings.ContainsRune(wideSigns, sign):
			count += 2
		default:
			return -1
		}
	}
	return count
}

// units is a text's length in UTF-16.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

// ordinal is a page's place among the incident's pages.
func (r *run) ordinal(p *incident.Page) int {
	return slices.Index(r.inc.Pages, p) + 1
}
