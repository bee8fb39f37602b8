package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/roster"
)

// temporalAddress is the cluster that somebody has configured: by a flag, by Temporal's own variables, or in the
// configuration; empty where nobody has, and the embedded engine is meant.
func temporalAddress(flag string, getenv func(string) string, configured roster.Temporal) string {
	address := cmp.Or(flag, getenv("TEMPORAL_ADDRESS"), configured.Address)
	if address != "" || !profileNamed(getenv) {
		return address
	}
	profile, err := loadProfile(getenv)
	if err != nil {
		// Whoever connects reads the profile again and reports the error.
		return ""
	}
	return profile.Address
}

// localAddress is where the embedded engine of this machine listens, unless told otherwise.
func localAddress() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(engine.DefaultFrontendPort))
}

// clusterOptions are the options for an address: certificates, API key and namespace come from Temporal's own variables
// (TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*) and profiles. The error never shows a key.
func clusterOptions(address string, getenv func(string) string, configured roster.Temporal) (client.Options, error) {
	profile, err := loadProfile(getenv)
	if err != nil {
		return client.Options{}, withHint(fmt.Errorf("read Temporal's settings: %w", err), "check the TEMPORAL_ variables and the profile")
	}
	profile.Address = address
	profile.Namespace = cmp.Or(profile.Namespace, configured.Namespace, client.DefaultNamespace)
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return client.Options{}, withHint(fmt.Errorf("read Temporal's settings: %w", err), "check the TEMPORAL_ variables and the profile")
	}
	return options, nil
}

// profileNamed says whether a profile of Temporal's own command line is wanted. One that merely lies there is not: it
// would turn an installation with the embedded engine into somebody's cluster.
func profileNamed(getenv func(string) string) bool {
	return getenv("TEMPORAL_PROFILE") != "" || getenv("TEMPORAL_CONFIG_FILE") != ""
}

// loadProfile reads the variables, and the profile that they name.
func loadProfile(getenv func(string) string) (envconfig.ClientConfigProfile, error) {
	return envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{
		DisableFile: !profileNamed(getenv), EnvLookup: variables{getenv: getenv},
	})
}

// variables is the environment as envconfig asks for it.
type variables struct {
	getenv func(string) string
}

// LookupEnv gives a variable; one that is empty counts as missing.
func (v variables) LookupEnv(name string) (string, bool) {
	value := v.getenv(name)
	return value, value != ""
}

// Environ lists the environment. It is needed for headers alone (TEMPORAL_GRPC_META_…), whose names are open.
func (v variables) Environ() []string { return os.Environ() }

// dial connects a command to the Temporal that its flag, the environment or the configuration names, else to the one of
// this machine.
func (sh shell) dial(ctx context.Context, flag string, configured roster.Temporal) (c client.Client, namespace string, err error) {
	options, err := clusterOptions(cmp.Or(temporalAddress(flag, sh.getenv, configured), localAddress()), sh.getenv, configured)
	if err != nil {
		return nil, "", err
	}
	c, err = dialNow(ctx, options)
	return c, options.Namespace, err
}

// dialTime is how long a command waits for Temporal.
const dialTime = 5 * time.Second

// dialNow connects once: a person waits for the answer.
func dialNow(ctx context.Context, options client.Options) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	options.Logger = slog.New(slog.DiscardHandler)
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, withHint(fmt.Errorf("connect to Temporal at %s: %w", options.HostPort, plainCause(err)),
			"is `muster serve` running? Another address is given with --address or TEMPORAL_ADDRESS")
	}
	return c, nil
}

// plainCause leaves out what the SDK says about its own steps.
func plainCause(err error) error {
	var unavailable *serviceerror.Unavailable
	switch {
	case errors.As(err, &unavailable):
		return unavailable
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	}
	return err
}
