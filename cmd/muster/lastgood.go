package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/musterbook/musterbook/roster"
)

// A server keeps a copy of the configuration that is in force in its data directory, so that people can be called by it
// while the file itself is faulty and the server is down. Secrets stand in it as references, as in the file.

// lastGoodName is the copy's name in the data directory.
const lastGoodName = "last-good.yaml"

// keepLastGood writes the copy. A copy that says the same stays, so that its time is that of the last change.
func keepLastGood(data string, config *roster.Config) error {
	path := filepath.Join(data, lastGoodName)
	if kept, err := os.ReadFile(path); err == nil && bytes.Equal(kept, config.Source()) {
		return nil
	}
	if err := writeWhole(path, config.Source()); err != nil {
		return fmt.Errorf("keep a copy of the configuration: %w", err)
	}
	return nil
}

// writeWhole writes a file for this user alone; whoever reads it meanwhile sees the old content or the new one.
func writeWhole(path string, content []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // for this user alone: 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// emergency is the configuration by which people are called when everything is down.
type emergency struct {
	config *roster.Config
	path   string // of the file, or of its last good copy
	data   string // the data directory
	stale  string // why the copy is used; empty: the file itself is
	kept   time.Time
}

// openEmergency reads the configuration, or its last good copy where it is faulty or gone. Of its references those of the
// telephones alone are followed: whoever calls in an emergency may not have the other secrets.
func openEmergency(sh shell, files sources, data string) (*emergency, error) {
	path := serverSources(sh, files).config
	content, err := os.ReadFile(path)
	if err != nil {
		err = fmt.Errorf("the configuration cannot be read: %w", err)
	} else {
		_, problems := roster.Parse(path, content, roster.Outside{ReadFile: os.ReadFile})
		err = problems.Err()
	}
	e := &emergency{path: path, data: cmp.Or(data, dataIn(content, sh.getenv), defaultData)}
	if err != nil {
		e.path, e.stale = filepath.Join(e.data, lastGoodName), err.Error()
		if content, err = lastGood(e); err != nil {
			return nil, err
		}
	}
	config, problems := following(e.path, content, roster.Outside{ReadFile: os.ReadFile, Getenv: sh.getenv})
	if len(problems) > 0 {
		return nil, withHint(fmt.Errorf("the telephone cannot be used: %w", problems.Err()),
			"a direct page needs what the server has: set the same variables, or run it as the server's user")
	}
	if !config.Rings() {
		return nil, withHint(errors.New("no telephone is configured: nobody can be called"), "add twilio or pager to "+e.path+"; musterbook.example.yaml shows how")
	}
	e.config = config
	return e, nil
}

// lastGood reads the copy.
func lastGood(e *emergency) ([]byte, error) {
	content, err := os.ReadFile(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, withHint(fmt.Errorf("%s\nand there is no last good copy of it in %s", e.stale, e.data),
			"name the data directory of the server with --data, or a good configuration with --config")
	}
	if err != nil {
		return nil, fmt.Errorf("%s\nand its last good copy cannot be read: %w", e.stale, err)
	}
	if _, problems := roster.Parse(e.path, content, roster.Outside{ReadFile: os.ReadFile}); len(problems) > 0 {
		return nil, fmt.Errorf("%s\nand its last good copy is faulty: %w", e.stale, problems.Err())
	}
	if about, err := os.Stat(e.path); err == nil {
		e.kept = about.ModTime()
	}
	return content, nil
}

// dataLine is the line of a configuration that names the data directory.
var dataLine = regexp.MustCompile(`(?m)^data:[ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s#]+))`)

// dataIn finds the data directory in a configuration that may be too faulty to be read; empty when it names none.
func dataIn(content []byte, getenv func(string) string) string {
	m := dataLine.FindSubmatch(content)
	if m == nil {
		return ""
	}
	named := string(bytes.Join(m[1:], nil))
	if variable, ok := strings.CutPrefix(named, "${"); ok {
		return getenv(strings.TrimSuffix(variable, "}"))
	}
	return named
}
