//go:build !noengine && !windows

package enginetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/musterbook/musterbook/engine/internal/server"
)

// Database is a PostgreSQL server of the test's own, on loopback, with a random password and without fsync.
type Database struct {
	Host     string
	Port     int
	User     string // who may make databases
	Password string
}

const (
	postgresUser  = "temporal"
	postgresReady = 30 * time.Second
)

// StartDatabase runs a PostgreSQL without any database of Temporal until the test ends. It skips the test when no
// PostgreSQL is installed; everything else that goes wrong fails it.
func StartDatabase(t testing.TB) *Database {
	t.Helper()
	binaries := postgresBinaries()
	if binaries == "" {
		t.Skip("PostgreSQL is not installed: neither initdb nor postgres was found in PATH and the usual places")
	}
	account := unprivileged(t)
	dir := ownedDir(t, account)
	ports, err := server.FreePorts(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	d := &Database{Host: server.Loopback, Port: ports[0], User: postgresUser, Password: rand.Text()}
	d.initdb(t, binaries, dir, account)
	d.run(t, binaries, dir, account)
	return d
}

// ownedDir is a folder that the account can reach; the folders of t.TempDir lie in one that only this process can.
func ownedDir(t testing.TB, account *syscall.Credential) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if account != nil {
		if err := os.Chown(dir, int(account.Uid), int(account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (d *Database) address() string { return net.JoinHostPort(d.Host, strconv.Itoa(d.Port)) }

// initdb makes the files of an empty database cluster.
func (d *Database) initdb(t testing.TB, binaries, dir string, account *syscall.Credential) {
	t.Helper()
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(d.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if account != nil {
		if err := os.Chown(secret, int(account.Uid), int(account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), filepath.Join(binaries, "initdb"),
		"--pgdata", filepath.Join(dir, "data"), "--username", d.User, "--pwfile", secret,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	prepare(command, dir, account)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, text)
	}
}

// run starts the server, waits until it listens, and stops it with the test.
func (d *Database) run(t testing.TB, binaries, dir string, account *syscall.Credential) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// Not under the test's context, which ends before the Temporal server is stopped.
	command := exec.CommandContext(context.Background(), filepath.Join(binaries, "postgres"), "-D", filepath.Join(dir, "data"),
		"-p", strconv.Itoa(d.Port), "-c", "listen_addresses="+d.Host, "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
	prepare(command, dir, account)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	child := &child{process: command.Process, ended: make(chan struct{})}
	go func() {
		defer close(child.ended)
		child.err = command.Wait()
	}()
	t.Cleanup(func() {
		child.stop(t)
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.wait(t.Context(), child); err != nil {
		text, readErr := os.ReadFile(log.Name())
		t.Fatalf("start PostgreSQL: %v\n%s", errors.Join(err, readErr), text)
	}
}

// child is a running postgres.
type child struct {
	process *os.Process
	ended   chan struct{} // closed after the process
	err     error         // how it ended
}

// exit is how the process ended, never nil.
func (c *child) exit() error {
	if c.err == nil {
		return errors.New("exit status 0")
	}
	return c.err
}

// stop asks for a fast shutdown, which drops connections, and does not wait for ever.
func (c *child) stop(t testing.TB) {
	if err := c.process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("stop PostgreSQL: %v", err)
	}
	select {
	case <-c.ended:
		if c.err != nil {
			t.Errorf("PostgreSQL ended with %v", c.err)
		}
	case <-time.After(postgresReady):
		t.Errorf("PostgreSQL did not stop in %v; it is killed: %v", postgresReady, c.process.Kill())
	}
}

func (d *Database) wait(ctx context.Context, server *child) error {
	deadline := time.Now().Add(postgresReady)
	for {
		err := d.ping(ctx)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("it does not serve after %v: %w", postgresReady, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-server.ended:
			return fmt.Errorf("it ended at once: %w", server.exit())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ping logs in once.
func (d *Database) ping(ctx context.Context) error {
	where := url.URL{
		Scheme: "postgres", User: url.UserPassword(d.User, d.Password), Host: d.address(), Path: "postgres",
		RawQuery: "sslmode=disable&connect_timeout=5",
	}
	db, err := sql.Open("postgres", where.String()) // the driver that the server's plugin brings
	if err != nil {
		return err
	}
	return errors.Join(db.PingContext(ctx), db.Close())
}

// prepare gives a command of PostgreSQL a neutral environment and, for root, another account.
func prepare(command *exec.Cmd, dir string, account *syscall.Credential) {
	command.Dir = dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	// A group of its own, so that a Ctrl-C in the terminal reaches the test first and the database last.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: account}
}

// unprivileged is the account under which root must run PostgreSQL, which refuses root; nil for anybody else.
func unprivileged(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	var problems []error
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			problems = append(problems, err)
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	t.Fatalf("PostgreSQL refuses to run as root, and there is no other account: %v", errors.Join(problems...))
	return nil
}

// postgresBinaries is the folder that holds initdb and postgres, empty without one. The newest version wins.
func postgresBinaries() string {
	var folders []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // Fedora, RHEL
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			slog.Error("a pattern for PostgreSQL's folders is malformed", "pattern", pattern, "error", err)
		}
		slices.SortFunc(found, byVersionDescending)
		folders = append(folders, found...)
	}
	for _, folder := range folders {
		_, initdbErr := os.Stat(filepath.Join(folder, "initdb"))
		_, postgresErr := os.Stat(filepath.Join(folder, "postgres"))
		if initdbErr == nil && postgresErr == nil {
			return folder
		}
	}
	return ""
}

func byVersionDescending(a, b string) int { return versionIn(b) - versionIn(a) }

// versionIn is the last number in a folder such as /usr/lib/postgresql/15/bin, 0 without one.
func versionIn(folder string) int {
	numbers := regexp.MustCompile(`[0-9]+`).FindAllString(folder, -1)
	if len(numbers) == 0 {
		return 0
	}
	n, err := strconv.Atoi(numbers[len(numbers)-1])
	if err != nil {
		return 0
	}
	return n
}
