package roster

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Live is the file in force. It can be read again while the program runs; a faulty file changes nothing. All methods
// may be called concurrently.
type Live struct {
	path    string
	from    Outside
	reading sync.Mutex // one reload at a time, so that an older reading never replaces a newer one
	current atomic.Pointer[Config]

	merging sync.Mutex        // guards what current is made of
	file    *Config           // as it was read
	shifts  map[string]Shifts // of the calendars, by schedule
}

// Open reads a file for the first time. Live is nil exactly when there are problems.
func Open(path string, from Outside) (*Live, Problems) {
	config, problems := Load(path, from)
	if len(problems) > 0 {
		return nil, problems
	}
	l := &Live{path: path, from: from, file: config, shifts: map[string]Shifts{}}
	l.current.Store(config.WithShifts(l.shifts))
	return l, nil
}

// Config is the configuration in force, with what is known of its calendars. Ask for it again rather than keep it.
func (l *Live) Config() *Config { return l.current.Load() }

// Reload reads the file again. When it has problems they are returned and the last good one stays in force; otherwise
// the new one is in force, and restart lists the parts whose change only a restart brings into force.
func (l *Live) Reload() (restart []string, problems Problems) {
	l.reading.Lock()
	defer l.reading.Unlock()
	next, problems := Load(l.path, l.from)
	if len(problems) > 0 {
		return nil, problems
	}
	l.merging.Lock()
	defer l.merging.Unlock()
	l.file = next
	return l.current.Swap(next.WithShifts(l.shifts)).NeedsRestart(next), nil
}

// SetShifts brings into force what is known of a schedule's calendar. It outlasts a reload, until the next call. Whoever
// holds a Config keeps it as it was.
func (l *Live) SetShifts(schedule string, s Shifts) {
	l.merging.Lock()
	defer l.merging.Unlock()
	l.shifts[schedule] = s
	l.current.Store(l.file.WithShifts(l.shifts))
}

// Duties resolves a name with the configuration in force; see oncall.Book.
func (l *Live) Duties(name string, at time.Time, changed ...oncall.Override) ([]oncall.Duty, error) {
	return l.Config().Duties(name, at, changed...)
}

// Policy finds a policy in the configuration in force.
func (l *Live) Policy(name string) (oncall.Policy, bool) { return l.Config().Book.Policy(name) }

// OldCalendar says whether a name is a schedule by a calendar that was not read for long.
func (l *Live) OldCalendar(name string, at time.Time) (oncall.OldCalendar, bool) {
	return l.Config().Book.OldCalendar(name, at)
}

// Schedule finds a schedule in the configuration in force.
func (l *Live) Schedule(name string) (oncall.Schedule, bool) { return l.Config().Book.Schedule(name) }

// Person finds somebody by id in the configuration in force.
func (l *Live) Person(id oncall.PersonID) (oncall.Person, bool) { return l.Config().Person(id) }

// Route says where an alert with these labels goes by the configuration in force.
func (l *Live) Route(labels map[string]string) Routed { return l.Config().Route(labels) }

// Service says what the configuration in force knows of a service, and false when it has none of that name.
func (l *Live) Service(name string) (Routed, bool) { return l.Config().Service(name) }

// Services lists the services of the configuration in force, sorted.
func (l *Live) Services() []string { return l.Config().Services() }

// Owner says whom a page for a service calls, by the configuration in force.
func (l *Live) Owner(service string) (owner string, ok bool) { return l.Config().Owner(service) }

// PersonByEmail finds somebody by e-mail address, whatever its case.
func (l *Live) PersonByEmail(address string) (oncall.Person, bool) {
	return l.Config().PersonByEmail(address)
}

// PersonByPhone finds somebody by telephone number in E.164.
func (l *Live) PersonByPhone(number string) (oncall.Person, bool) {
	return l.Config().PersonByPhone(number)
}

// PersonBySlack finds somebody by Slack member id, where the file has it.
func (l *Live) PersonBySlack(user string) (oncall.Person, bool) {
	return l.Config().PersonBySlack(user)
}

// SlackToken is the token that somebody has connected, by the configuration in force; empty where there is none.
func (l *Live) SlackToken(id oncall.PersonID) string { return l.Config().SlackTokens[id].Reveal() }

// Permissions say who may do what to an incident that begins now, by the configuration in force.
func (l *Live) Permissions() *incident.Permissions { return &l.Config().Permissions }
