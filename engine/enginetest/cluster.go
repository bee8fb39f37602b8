//go:build !noengine && !windows

package enginetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	postgresplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives/timestamp"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/engine/internal/server"
)

// The two databases of a Temporal server on PostgreSQL, and the schemas that belong to them.
const (
	mainDatabase       = "temporal"
	mainSchema         = "postgresql/v12/temporal"
	visibilityDatabase = "temporal_visibility"
	visibilitySchema   = "postgresql/v12/visibility"
)

const stopTimeout = 20 * time.Second

// Cluster is a Temporal server on PostgreSQL.
type Cluster struct {
	// Address is the host and port to dial, or to give to another process in TEMPORAL_ADDRESS.
	Address string
	// Namespace has the search attributes of an incident.
	Namespace string

	logger *slog.Logger
}

// StartPostgres runs a PostgreSQL and a Temporal server on it until the test ends. The schema is laid out by the code
// of temporal-sql-tool, the namespace and the search attributes are made through the server. The test is skipped where
// PostgreSQL is not installed.
func StartPostgres(t testing.TB) *Cluster {
	t.Helper()
	d := StartDatabase(t)
	for name, schemaName := range map[string]string{mainDatabase: mainSchema, visibilityDatabase: visibilitySchema} {
		if err := layOut(d.sql(name), schemaName); err != nil {
			t.Fatalf("lay out database %s: %v", name, err)
		}
	}
	return d.StartServer(t)
}

// StartServer runs a Temporal server on a database whose schema is in place already, until the test ends.
func (d *Database) StartServer(t testing.TB) *Cluster {
	t.Helper()
	logger := Logger(t)
	s, err := server.Start(t.Context(), server.Config{
		Persistence: config.Persistence{
			DefaultStore:     mainDatabase,
			VisibilityStore:  visibilityDatabase,
			NumHistoryShards: 4,
			DataStores: map[string]config.DataStore{
				mainDatabase:       {SQL: d.sql(mainDatabase)},
				visibilityDatabase: {SQL: d.sql(visibilityDatabase)},
			},
		},
		Logger:   logger,
		LogLevel: slog.LevelError,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	c := &Cluster{Address: s.Address(), Namespace: engine.DefaultNamespace, logger: logger}
	if err := c.makeNamespace(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// Client dials the cluster, and hangs up before the cluster is stopped at the end of the test.
func (c *Cluster) Client(t testing.TB) client.Client {
	t.Helper()
	connection, err := engine.Dial(t.Context(), client.Options{HostPort: c.Address, Namespace: c.Namespace, Logger: c.logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	return connection
}

func (c *Cluster) makeNamespace(ctx context.Context) (err error) {
	connection, err := engine.Dial(ctx, client.Options{HostPort: c.Address, Logger: c.logger})
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = connection.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        c.Namespace,
		WorkflowExecutionRetentionPeriod: timestamp.DurationPtr(engine.Retention),
	})
	if err != nil {
		return fmt.Errorf("register namespace %q: %w", c.Namespace, err)
	}
	// It returns when the server's services had time to notice the namespace, too.
	return engine.EnsureSearchAttributes(ctx, connection, c.Namespace)
}

// sql is how the server opens one of the databases.
func (d *Database) sql(name string) *config.SQL {
	return &config.SQL{
		PluginName:      postgresplugin.PluginName,
		DatabaseName:    name,
		ConnectProtocol: "tcp",
		ConnectAddr:     d.address(),
		User:            d.User,
		Password:        d.Password,
		MaxConns:        10,
		MaxIdleConns:    10,
	}
}

// layOut does what temporal-sql-tool's create-database, setup-schema and update-schema do.
func layOut(database *config.SQL, schemaName string) error {
	quiet := log.NewNoopLogger()
	create := *database // the tool changes the name to the one it connects to
	if err := sqltool.DoCreateDatabase(&create, "postgres", quiet); err != nil {
		return fmt.Errorf("create it: %w", err)
	}
	connection, err := sqltool.NewConnection(database, quiet)
	if err != nil {
		return err
	}
	defer connection.Close()
	return errors.Join(
		schema.NewSetupSchemaTask(connection, &schema.SetupConfig{InitialVersion: "0.0"}, quiet).Run(),
		schema.NewUpdateSchemaTask(connection, &schema.UpdateConfig{SchemaName: schemaName}, quiet).Run(),
	)
}
