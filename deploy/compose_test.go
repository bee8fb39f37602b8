//go:build !noengine && !windows

// Package deploy tests the files that bring Musterbook into production: no container runs here, but what they say is
// read by the code that reads them there, and the scripts run for real.
package deploy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/engine/enginetest"
)

const root = ".."

// load reads docker-compose.yml as Docker Compose does.
func load(environment map[string]string) (*types.Project, error) {
	return loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(root, "docker-compose.yml")}},
		Environment: environment,
	}, func(o *loader.Options) {
		o.SetProjectName("musterbook", true)
	})
}

func mustLoad(t *testing.T) *types.Project {
	t.Helper()
	project, err := load(map[string]string{"POSTGRES_PASSWORD": "correct horse", "SLACK_BOT_TOKEN": "xoxb-1"})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestEveryServiceIsThere(t *testing.T) {
	t.Parallel()
	const (
		healthy = types.ServiceConditionHealthy
		done    = types.ServiceConditionCompletedSuccessfully
	)
	tests := []struct {
		service string
		needs   map[string]string // what must have happened before it starts
		job     bool              // runs and ends; everything else stays, and tells its health
		volume  string
	}{
		{service: "postgres", needs: map[string]string{}, volume: "/var/lib/postgresql/data"},
		{service: "schema", needs: map[string]string{"postgres": healthy}, job: true},
		{service: "temporal", needs: map[string]string{"schema": done}},
		{service: "namespace", needs: map[string]string{"temporal": healthy}, job: true},
		{service: "ui", needs: map[string]string{"temporal": healthy}},
		{service: "worker", needs: map[string]string{"temporal": healthy, "namespace": done}, volume: "/var/lib/muster"},
		{service: "gateway", needs: map[string]string{"temporal": healthy, "namespace": done}},
	}
	project := mustLoad(t)
	if got := len(project.Services); got != len(tests) {
		t.Errorf("%d services, want %d: %v", got, len(tests), project.ServiceNames())
	}
	for _, test := range tests {
		t.Run(test.service, func(t *testing.T) {
			t.Parallel()
			s, ok := project.Services[test.service]
			if !ok {
				t.Fatal("it is missing")
			}
			needs := map[string]string{}
			for name, d := range s.DependsOn {
				needs[name] = d.Condition
			}
			if diff := cmp.Diff(test.needs, needs); diff != "" {
				t.Errorf("dependencies (-want +got):\n%s", diff)
			}
			if hasHealth := s.HealthCheck != nil && len(s.HealthCheck.Test) > 1; hasHealth == test.job {
				t.Errorf("health check: %v, for a job: %v", hasHealth, test.job)
			}
			want := types.RestartPolicyUnlessStopped
			if test.job {
				want = types.RestartPolicyOnFailure + ":5"
			}
			if s.Restart != want {
				t.Errorf("restart policy is %q, want %q", s.Restart, want)
			}
			checkVolume(t, project, s, test.volume)
		})
	}
}

// checkVolume wants exactly the named volume, declared, at the place.
func checkVolume(t *testing.T, project *types.Project, s types.ServiceConfig, place string) {
	t.Helper()
	var places []string
	for _, v := range s.Volumes {
		if v.Type != types.VolumeTypeVolume {
			continue
		}
		places = append(places, v.Target)
		if _, declared := project.Volumes[v.Source]; !declared {
			t.Errorf("volume %q is not declared", v.Source)
		}
	}
	var want []string
	if place != "" {
		want = []string{place}
	}
	if !slices.Equal(places, want) {
		t.Errorf("volumes at %v, want %v", places, want)
	}
}

func TestImagesArePinned(t *testing.T) {
	t.Parallel()
	modules := read(t, "go.mod")
	version := func(pattern string) string {
		t.Helper()
		found := regexp.MustCompile(pattern).FindStringSubmatch(modules)
		if found == nil {
			t.Fatalf("go.mod has nothing like %s", pattern)
		}
		return found[1]
	}
	server := version(`go\.temporal\.io/server v(\S+)`)
	want := map[string]string{
		"schema":    "temporalio/admin-tools:" + server,
		"namespace": "temporalio/admin-tools:" + server,
		"temporal":  "temporalio/server:" + server,
		"ui":        "temporalio/ui:" + version(`github\.com/temporalio/ui-server/v2 v(\S+)`),
	}
	for name, s := range mustLoad(t).Services {
		if image, ok := want[name]; ok && s.Image != image {
			t.Errorf("%s runs %s, want %s, the version that the tests run", name, s.Image, image)
		}
		if s.Build == nil && !regexp.MustCompile(`:\d+\.\d+(\.\d+)?(-[a-z]+[\d.]*)?$`).MatchString(s.Image) {
			t.Errorf("%s runs %s, want an exact version", name, s.Image)
		}
	}
	builder := "FROM --platform=$BUILDPLATFORM golang:" + version(`(?m)^go (\S+)$`) + "-alpine"
	dockerfile := read(t, "Dockerfile")
	if !strings.Contains(dockerfile, builder) {
		t.Errorf("the Dockerfile lacks %q, the version of go.mod", builder)
	}
	for _, from := range regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+)`).FindAllStringSubmatch(dockerfile, -1) {
		if strings.Contains(from[1], ":") && !regexp.MustCompile(`:\d+\.\d+\.\d+`).MatchString(from[1]) {
			t.Errorf("the Dockerfile builds from %s, want an exact version", from[1])
		}
	}
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	text := read(t, "Dockerfile")
	stages := map[string]string{}
	var last string
	for _, part := range regexp.MustCompile(`(?m)^FROM `).Split(text, -1)[1:] {
		head, body, _ := strings.Cut(part, "\n")
		_, last, _ = strings.Cut(head, " AS ")
		stages[last] = body
	}
	if last != "muster" {
		t.Errorf("the image that is built by default is %q, want muster", last)
	}
	for stage, tags := range map[string]string{"build-worker": "-tags noengine,timetzdata", "build-muster": "-tags timetzdata"} {
		if !strings.Contains(stages[stage], tags+" ") {
			t.Errorf("stage %s lacks %q", stage, tags)
		}
	}
	if !strings.Contains(text, "CGO_ENABLED=0") {
		t.Error("the binaries are not static")
	}
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(stages["base"])
	if user == nil || user[1] == "0" {
		t.Errorf("the images run as %v, want a user without rights, by number", user)
	}
	for _, s := range mustLoad(t).Services {
		if s.Build == nil {
			continue
		}
		if _, ok := stages[s.Build.Target]; !ok {
			t.Errorf("%s is built from stage %q, which the Dockerfile lacks", s.Name, s.Build.Target)
		}
	}
}

func TestMusterRunsWithoutRights(t *testing.T) {
	t.Parallel()
	project := mustLoad(t)
	for _, name := range []string{"worker", "gateway"} {
		s := project.Services[name]
		if s.Build == nil || s.Build.Target != "worker" {
			t.Errorf("%s is not built without the engine", name)
		}
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s has rights it does not need", name)
		}
		if got := s.Environment["TEMPORAL_ADDRESS"]; got == nil || *got != "temporal:7233" {
			t.Errorf("%s finds Temporal at %v", name, got)
		}
		if s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) < 30*time.Second {
			t.Errorf("%s has %v to end, want time for calls in flight", name, s.StopGracePeriod)
		}
	}
	for name, want := range map[string]string{
		"worker":  "worker --config /etc/muster/musterbook.yaml --data /var/lib/muster",
		"gateway": "gateway --config /etc/muster/musterbook.yaml --data /var/lib/muster --listen 0.0.0.0:8080",
	} {
		if got := strings.Join(project.Services[name].Command, " "); got != want {
			t.Errorf("the %s runs %q, want %q", name, got, want)
		}
	}
}

// TestNothingIsOpenToStrangers: PostgreSQL is not published, and what asks for no password is published to this
// machine alone.
func TestNothingIsOpenToStrangers(t *testing.T) {
	t.Parallel()
	published := map[string]string{}
	for name, s := range mustLoad(t).Services {
		for _, p := range s.Ports {
			published[name] = fmt.Sprintf("%s:%s:%d", p.HostIP, p.Published, p.Target)
		}
	}
	want := map[string]string{
		"temporal": "127.0.0.1:7233:7233", "ui": "127.0.0.1:8233:8080", "gateway": "127.0.0.1:8080:8080",
	}
	if diff := cmp.Diff(want, published); diff != "" {
		t.Errorf("published ports (-want +got):\n%s", diff)
	}
}

func TestSecretsComeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	if _, err := load(nil); err == nil || !strings.Contains(err.Error(), "POSTGRES_PASSWORD") {
		t.Errorf("without a password for PostgreSQL: %v", err)
	}
	project := mustLoad(t)
	for service, variable := range map[string]string{"postgres": "POSTGRES_PASSWORD", "schema": "SQL_PASSWORD", "temporal": "POSTGRES_PWD"} {
		if got := project.Services[service].Environment[variable]; got == nil || *got != "correct horse" {
			t.Errorf("%s of %s is not the password of .env", variable, service)
		}
	}
	for _, name := range []string{"worker", "gateway"} {
		environment := project.Services[name].Environment
		if got := environment["SLACK_BOT_TOKEN"]; got == nil || *got != "xoxb-1" {
			t.Errorf("%s does not get SLACK_BOT_TOKEN", name)
		}
		for _, variable := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(read(t, "musterbook.example.yaml"), -1) {
			if _, ok := environment[variable[1]]; !ok && variable[1] != "VARIABLE" {
				t.Errorf("%s does not get %s, which musterbook.example.yaml asks for", name, variable[1])
			}
		}
	}
}

// TestMountedFilesExist: Docker makes a folder where a mounted file is missing, and the service fails in a strange way.
func TestMountedFilesExist(t *testing.T) {
	t.Parallel()
	mounted := map[string]string{}
	for name, s := range mustLoad(t).Services {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			path, err := filepath.Rel(absolute(t, root), absolute(t, v.Source))
			if err != nil {
				t.Fatal(err)
			}
			mounted[path] = v.Target
			if !v.ReadOnly {
				t.Errorf("%s can write to %s", name, path)
			}
			if path == "musterbook.yaml" { // everybody writes their own
				continue
			}
			if info, err := os.Stat(filepath.Join(root, path)); err != nil || !info.Mode().IsRegular() {
				t.Errorf("%s mounts %s: %v, %v", name, path, info, err)
			}
		}
	}
	want := map[string]string{
		"musterbook.yaml":           "/etc/muster/musterbook.yaml",
		"deploy/schema.sh":          "/deploy/schema.sh",
		"deploy/namespace.sh":       "/deploy/namespace.sh",
		"deploy/dynamicconfig.yaml": "/etc/temporal/config/dynamicconfig/musterbook.yaml",
	}
	if diff := cmp.Diff(want, mounted); diff != "" {
		t.Errorf("mounted files (-want +got):\n%s", diff)
	}
	// The server refuses to start without the file.
	if got := mustLoad(t).Services["temporal"].Environment["DYNAMIC_CONFIG_FILE_PATH"]; got == nil || *got != want["deploy/dynamicconfig.yaml"] {
		t.Errorf("the server looks for its dynamic config at %v", got)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func TestDynamicConfigIsTheEngines(t *testing.T) {
	t.Parallel()
	if err := enginetest.CheckSettingsFile([]byte(read(t, "deploy/dynamicconfig.yaml"))); err != nil {
		t.Error(err)
	}
	if err := enginetest.CheckSettingsFile([]byte("limit.maxIDLength:\n  - value: 255\n")); err == nil {
		t.Error("a file that lacks most settings is accepted")
	}
}

func TestNamespaceJobHasTheEnginesAttributes(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	script := read(t, "deploy/namespace.sh")
	for _, m := range regexp.MustCompile(`--name (\w+) --type (\w+)`).FindAllStringSubmatch(script, -1) {
		got[m[1]] = m[2]
	}
	want := map[string]string{}
	for _, a := range engine.SearchAttributes() {
		want[a.Name] = a.Type.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("search attributes of deploy/namespace.sh (-engine +script):\n%s", diff)
	}
	if retention := fmt.Sprintf("--retention %dd", int(engine.Retention.Hours()/24)); !strings.Contains(script, retention) {
		t.Errorf("deploy/namespace.sh lacks %q, the engine's", retention)
	}
}
