package feeds

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/musterbook/musterbook/roster"
)

// Bounds of one reading.
const (
	fetchTime     = 10 * time.Second
	maxSize       = 2 << 20 // bytes, unpacked
	mostRedirects = 5
)

// errTooLarge refuses what is no calendar of people any more.
var errTooLarge = fmt.Errorf("it is larger than %d MiB", maxSize>>20)

// fetched is what a source has answered.
type fetched struct {
	unchanged      bool // since the copy that was told of
	data           []byte
	etag, modified string
}

// fetch asks a source. It never waits longer than ten seconds, and no error of it holds an address.
func (r Reader) fetch(ctx context.Context, s roster.CalendarSource, before kept) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	switch {
	case !s.URL.IsZero():
		return r.request(ctx, s.URL.Reveal(), before)
	case s.File != "":
		data, err := readFile(s.File)
		return fetched{data: data}, err
	}
	return fetched{}, errors.New("its address cannot be had here")
}

// readFile reads a calendar that lies on this machine.
func readFile(path string) (data []byte, err error) {
	info, err := os.Stat(path)
	if broken := new(fs.PathError); errors.As(err, &broken) {
		return nil, fmt.Errorf("%s: %w", broken.Path, broken.Err) // paths are no secrets
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path) // to open a pipe would wait for whoever writes to it
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return bounded(f)
}

// bounded reads what is not too much.
func bounded(from io.Reader) ([]byte, error) {
	var data bytes.Buffer
	n, err := io.Copy(&data, io.LimitReader(from, maxSize+1))
	if err != nil {
		return nil, err
	}
	if n > maxSize {
		return nil, errTooLarge
	}
	return data.Bytes(), nil
}

// request asks a feed, and whether it has changed since.
func (r Reader) request(ctx context.Context, address string, before kept) (out fetched, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return out, errors.New("its address is none")
	}
	req.Header.Set("Accept", "text/calendar, text/plain;q=0.5, */*;q=0.1")
	req.Header.Set("User-Agent", "Musterbook")
	if before.ETag != "" {
		req.Header.Set("If-None-Match", before.ETag)
	}
	if before.Modified != "" {
		req.Header.Set("If-Modified-Since", before.Modified)
	}
	asked := before.ETag != "" || before.Modified != ""
	client := r.Client
	if client == nil {
		client = Client()
	}
	resp, err := client.Do(req)
	if err != nil {
		return out, withoutAddress(err)
	}
	defer func() {
		if closing := resp.Body.Close(); closing != nil && err == nil {
			err = withoutAddress(closing)
		}
	}()
	switch {
	case resp.StatusCode == http.StatusNotModified && asked:
		return fetched{unchanged: true}, nil
	case resp.StatusCode != http.StatusOK:
		return out, fmt.Errorf("it answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	data, err := bounded(resp.Body)
	if err != nil {
		return out, withoutAddress(err)
	}
	return fetched{data: data, etag: resp.Header.Get("ETag"), modified: resp.Header.Get("Last-Modified")}, nil
}

// Client is a client for feeds: it follows few redirects, to https alone; those of a feed on this machine may also lead to
// this machine.
func Client() *http.Client {
	return &http.Client{Timeout: fetchTime, CheckRedirect: checkRedirect}
}

// refusedRedirect is a redirect that is not followed.
type refusedRedirect string

func (r refusedRedirect) Error() string { return string(r) }

// checkRedirect refuses what would carry a calendar, or its address, over an open line, and what would let a feed ask
// servers of this machine.
func checkRedirect(req *http.Request, via []*http.Request) error {
	req.Header.Del("Referer") // it is the address, which is secret
	if len(via) > mostRedirects {
		return refusedRedirect("it redirects too often")
	}
	if req.URL.Scheme == "https" {
		return nil
	}
	if req.URL.Scheme == "http" && roster.OnThisMachine(req.URL.Hostname()) && roster.OnThisMachine(via[0].URL.Hostname()) {
		return nil
	}
	return refusedRedirect("it redirects to an address that is not https")
}

// withoutAddress says what is wrong with a request in words of our own: errors of the library quote addresses.
func withoutAddress(err error) error {
	var refused refusedRedirect
	var host *net.DNSError
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("it does not answer in time")
	case errors.As(err, &host):
		return errors.New("its host cannot be found")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("its host refuses the connection")
	case errors.As(err, &certificate):
		return errors.New("its certificate is not trusted")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return errors.New("its answer was cut off")
	case errors.Is(err, errTooLarge):
		return err
	}
	return errors.New("the connection failed")
}
