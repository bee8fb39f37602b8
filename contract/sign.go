package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// SignatureHeader carries the signature of what we send to web services of one's own.
const SignatureHeader = "Musterbook-Signature"

// Sign is the signature of a body at an instant: `t=<unix seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	seal := hmac.New(sha256.New, []byte(secret))
	_, _ = seal.Write([]byte(seconds + ".")) // a hash takes everything
	_, _ = seal.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(seal.Sum(nil))
}
