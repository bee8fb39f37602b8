package alertmanager

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText bounds every text of an alert, in bytes: it is read in chat and on the telephone and kept in the incident's
// state, and no rule's author may outgrow either.
const maxText = 1024

// fingerprint identifies an alert by its labels, for senders that leave the fingerprint out. It is the same for the
// same labels, always; it is not the number that Alertmanager itself would have computed.
func fingerprint(labels map[string]string) string {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		for _, text := range []string{name, labels[name]} {
			// The length goes before the text, so that no two sets of labels run into the same bytes.
			hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
			hash.Write([]byte(text))
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

// keyOf stands in for a group key that is missing; it is written the way Alertmanager writes one.
func keyOf(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+strconv.Quote(labels[name]))
	}
	return "{}:{" + strings.Join(parts, ", ") + "}"
}

// clip cuts a text at a rune's border and marks the cut.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText - len("…")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// clipped are labels of bounded length.
func clipped(labels map[string]string) map[string]string {
	out := make(map[string]string, len(labels))
	for name, value := range labels {
		out[clip(name)] = clip(value)
	}
	return out
}

// address passes on a web address and nothing else: what stands here becomes a link that people click.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return text
}
