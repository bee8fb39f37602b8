package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"
)

// repeats gives ids to messages that have none of their own, so that the same message sent twice has the same id. A
// message is the same when it follows itself within the window: firing, resolved, firing again are three messages,
// even where the third is equal to the first. The window's number is part of the id, so another process, or this one
// after a restart, most often gives the same id too; where it does not, the receiver counts the message twice and
// changes nothing else.
type repeats struct {
	window time.Duration

	mu   sync.Mutex
	last map[string]lastMessage // by stream
}

// lastMessage is the newest message of one stream.
type lastMessage struct {
	digest string
	at     time.Time
	turn   uint64 // how many other messages came before it within the window
}

// maxStreams bounds the memory of repeats; past it, streams that have been silent for a window are forgotten.
const maxStreams = 10_000

// newRepeats makes an empty memory.
func newRepeats(window time.Duration) *repeats {
	return &repeats{window: window, last: map[string]lastMessage{}}
}

// id is the message's id. A stream is whatever has an order: one alert group, one caller's requests to one address.
func (r *repeats) id(stream, digest string, now time.Time) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok := r.last[stream]
	switch {
	case !ok || now.Sub(known.at) >= r.window:
		r.sweep(now)
		known = lastMessage{digest: digest, at: now}
		r.last[stream] = known
	case known.digest != digest:
		known = lastMessage{digest: digest, at: now, turn: known.turn + 1}
		r.last[stream] = known
	}
	var number [16]byte
	binary.BigEndian.PutUint64(number[:8], uint64(known.at.Unix()/max(1, int64(r.window.Seconds()))))
	binary.BigEndian.PutUint64(number[8:], known.turn)
	return digestOf(stream, digest, string(number[:]))
}

// sweep forgets what is past its window, when there is much.
func (r *repeats) sweep(now time.Time) {
	if len(r.last) < maxStreams {
		return
	}
	for stream, m := range r.last {
		if now.Sub(m.at) >= r.window {
			delete(r.last, stream)
		}
	}
}

// digestOf is the hex SHA-256 of some texts. Each goes behind its length, so that no two lists of texts are alike.
func digestOf(texts ...string) string {
	hash := sha256.New()
	for _, text := range texts {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		hash.Write([]byte(text))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
