package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Bounds of what is well. Vendors' signatures are refused when clocks differ by more than five minutes.
const (
	clockWarns  = 30 * time.Second
	clockFails  = 4 * time.Minute
	gibibyte    = 1 << 30
	diskFails   = 100 << 20
	diskWarns   = 1 * gibibyte
	diskPercent = 5
	diskAmple   = 20 * gibibyte // so much is enough, whatever share of the disk it is
)

// checkData says whether the data directory can be written, and which configuration is in force there.
func (d *doctor) checkData(context.Context) []diagnosis {
	if _, err := os.Stat(d.data); errors.Is(err, fs.ErrNotExist) {
		return []diagnosis{noted("muster serve makes it; for another one: data: in "+d.path, "there is no data directory %s yet", d.data)}
	}
	if err := writable(d.data); err != nil {
		return []diagnosis{failed("give it to the server's user, or run this as that user", "the data directory %s cannot be written: %v", d.data, plainReason(err))}
	}
	return []diagnosis{well("the data directory %s can be written", d.data), d.lastGoodCopy()}
}

// writable tries to write a file, and removes it.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("muster doctor\n")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// plainReason is a file system's reason without the name of its file.
func plainReason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// lastGoodCopy says how old the copy is by which people are called when everything is down, and whether the server has
// taken what stands in the file.
func (d *doctor) lastGoodCopy() diagnosis {
	path := filepath.Join(d.data, lastGoodName)
	kept, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return noted("muster serve makes it", "there is no last good copy of the configuration yet")
	}
	about, stat := os.Stat(path)
	if err = errors.Join(err, stat); err != nil {
		return warned("make it readable for this user", "the last good copy of the configuration could not be read: %v", plainReason(err))
	}
	age := lengthText(d.now().Sub(about.ModTime()))
	switch {
	case d.config != nil && bytes.Equal(kept, d.config.Source()):
		return well("last good copy of the configuration: as the file, %s old", age)
	case d.gateway.answers || d.temporal.works:
		return warned("muster reload --data "+d.data, "the server has not taken the file as it is now; its copy of %s ago is in force", age)
	}
	return noted("the next start of muster serve takes it", "the file has changed since the server last took it, %s ago", age)
}

// checkDisk says whether there is room.
func (d *doctor) checkDisk(context.Context) []diagnosis {
	dir := d.data
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Dir(dir)
	}
	free, total, err := diskSpace(dir)
	if err != nil {
		return []diagnosis{warned("", "the free disk space of %s could not be asked: %v", dir, err)}
	}
	return []diagnosis{roomFor(free, total)}
}

// roomFor judges the free space, in bytes.
func roomFor(free, total uint64) diagnosis {
	const remedy = "free some, or move the data directory"
	share := 100 * float64(free) / float64(max(total, 1))
	text := fmt.Sprintf("%.1f GiB of disk space are free", float64(free)/gibibyte)
	switch {
	case free < diskFails:
		return failed(remedy, "%s: incidents can soon not be written any more", text)
	case free < diskWarns || share < diskPercent && free < diskAmple:
		return warned(remedy, "only %s (%.0f%%)", text, share)
	}
	return well("%s", text)
}

// checkCalendars says how old the calendars of other tools are. It writes no copy.
func (d *doctor) checkCalendars(ctx context.Context) []diagnosis {
	if d.config == nil || len(d.config.Calendars) == 0 {
		return nil
	}
	looked := calendarLook{path: d.path, data: d.data, getenv: d.sh.getenv, at: d.now()}
	_, found := looked.look(ctx, d.config)
	var out []diagnosis
	for _, schedule := range slices.Sorted(maps.Keys(found)) {
		c := found[schedule]
		const remedy = "ask for its address from this machine; an override counts without it: muster oncall take"
		switch {
		case c.Read.IsZero():
			out = append(out, failed(remedy, "%s", calendarSentence(c, d.now())))
		case c.Fault != "":
			out = append(out, warned(remedy, "%s", calendarSentence(c, d.now())))
		case len(c.Problems) > 0:
			out = append(out, warned("muster check --secrets "+d.path, "the calendar of %s: %s", schedule, c.Problems[0].Message))
		default:
			out = append(out, well("%s", calendarSentence(c, d.now())))
		}
	}
	return out
}

// checkClock compares this machine's clock with those of the vendors that answered.
func (d *doctor) checkClock(context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	var whose []string
	var worst time.Duration
	for _, c := range d.clocks {
		if c.theirs.IsZero() {
			continue
		}
		if !slices.Contains(whose, c.whose) {
			whose = append(whose, c.whose)
		}
		if off := c.ours.Sub(c.theirs); off.Abs() > worst.Abs() {
			worst = off
		}
	}
	const remedy = "keep it by NTP: timedatectl set-ntp true"
	way := "ahead"
	if worst < 0 {
		way = "behind"
	}
	switch {
	case len(whose) == 0:
		return []diagnosis{warned("mend twilio or slack, or compare it by hand: date -u", "the clock could not be compared: no vendor answered")}
	case worst.Abs() > clockFails:
		return []diagnosis{failed(remedy, "the clock is %s %s: signatures are refused at five minutes", worst.Abs().Round(time.Second), way)}
	case worst.Abs() > clockWarns:
		return []diagnosis{warned(remedy, "the clock is %s %s; signatures are refused at five minutes", worst.Abs().Round(time.Second), way)}
	}
	return []diagnosis{well("the clock agrees with that of %s", listed(whose))}
}

// checkHeartbeat says whether somebody outside watches. Its address is not requested: that would be a sign of life.
func (d *doctor) checkHeartbeat(context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	config, problems := d.read(func(what string) bool { return what == "heartbeat" })
	if len(problems) > 0 {
		return []diagnosis{withheld("the heartbeat", problems)}
	}
	if config.Heartbeat.IsZero() {
		return []diagnosis{warned("set heartbeat: to the address of a service that calls you when it is not requested for some minutes",
			"nobody outside notices when this machine dies")}
	}
	return []diagnosis{well("a watcher outside is told each minute while all works")}
}
