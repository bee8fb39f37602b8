package workflows

import (
	"crypto/sha256"
	"encoding/binary"
)

// codename is the name under which a private incident goes outside its room: two plain words that say nothing of it,
// always the same for the same incident.
func codename(id string) string {
	sum := sha256.Sum256([]byte(id))
	first := binary.BigEndian.Uint32(sum[0:]) % uint32(len(codeColours))
	second := binary.BigEndian.Uint32(sum[4:]) % uint32(len(codeThings))
	return codeColours[first] + "-" + codeThings[second]
}

// The words of codenames: easy to say, to spell and to tell apart over a bad line.
var (
	codeColours = []string{
		"amber", "azure", "beige", "bronze", "cobalt", "copper", "coral", "crimson", "golden", "indigo", "ivory", "jade",
		"lilac", "maroon", "olive", "pearl", "purple", "ruby", "rusty", "saffron", "scarlet", "silver", "teal", "violet",
	}
	codeThings = []string{
		"anchor", "anvil", "basket", "beacon", "bridge", "candle", "canyon", "castle", "comet", "compass", "desert", "falcon",
		"feather", "forest", "garden", "glacier", "harbor", "hammer", "island", "ladder", "lantern", "maple", "meadow", "mirror",
		"needle", "orchard", "paddle", "pebble", "pillar", "planet", "prairie", "ribbon", "river", "saddle", "shelter", "summit",
		"temple", "thunder", "tunnel", "valley", "violin", "walnut", "window", "winter",
	}
)
