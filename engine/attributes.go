package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// SearchAttribute is one column of Temporal's list of workflows.
type SearchAttribute struct {
	Name string
	Type enumspb.IndexedValueType
}

const (
	// attributeAttempts bounds how often an addition is repeated when another process adds at the same moment.
	attributeAttempts = 5
	attributePause    = 200 * time.Millisecond
	// attributeDelay is how long a server may take to notice additions: its services refresh their view of a namespace
	// every two seconds (system.namespaceCacheRefreshInterval).
	attributeDelay = 2500 * time.Millisecond
)

// SearchAttributes are what an incident shows of itself in Temporal's list. They are stored in plain text. A SQL store
// has room for ten Keywords and three of every other type in a namespace.
func SearchAttributes() []SearchAttribute {
	const (
		keyword  = enumspb.INDEXED_VALUE_TYPE_KEYWORD
		keywords = enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST
		text     = enumspb.INDEXED_VALUE_TYPE_TEXT
		integer  = enumspb.INDEXED_VALUE_TYPE_INT
		boolean  = enumspb.INDEXED_VALUE_TYPE_BOOL
		datetime = enumspb.INDEXED_VALUE_TYPE_DATETIME
	)
	return []SearchAttribute{
		{"IncidentKey", keyword},
		{"Severity", keyword},
		{"Phase", keyword},
		{"Service", keyword},
		{"Team", keyword},
		{"Commander", keyword},
		{"Runbook", keyword},
		{"AlertSource", keyword},
		{"Environment", keyword},
		{"DetectedAt", datetime},
		{"AcknowledgedAt", datetime},
		{"ResolvedAt", datetime},
		{"AlertCount", integer},
		{"EscalationLevel", integer},
		{"CustomerImpact", boolean},
		{"Drill", boolean},
		{"Title", text},
		{"Responders", keywords},
	}
}

// EnsureSearchAttributes adds to the namespace those of SearchAttributes that it lacks, on any store; it is idempotent
// by their names, and several processes may do it at once. After an addition it returns when the server's services had
// time to notice, because until then a workflow that sets a new attribute fails its task.
func EnsureSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	for attempt := 1; ; attempt++ {
		added, err := addMissingAttributes(ctx, c, namespace)
		if err == nil && added == 0 {
			return nil
		}
		if err == nil {
			return pauseFor(ctx, attributeDelay)
		}
		if !worthAddingAgain(err) || attempt == attributeAttempts {
			return err
		}
		if err := pauseFor(ctx, attributePause); err != nil {
			return err
		}
	}
}

func addMissingAttributes(ctx context.Context, c client.Client, namespace string) (added int, err error) {
	if err := requireNamespace(ctx, c, namespace); err != nil {
		return 0, err
	}
	present, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return 0, fmt.Errorf("list the search attributes of namespace %q: %w", namespace, err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	var wrong, commands []string
	for _, want := range SearchAttributes() {
		have, ok := present.GetCustomAttributes()[want.Name]
		switch {
		case !ok:
			missing[want.Name] = want.Type
			commands = append(commands, fmt.Sprintf("--name %s --type %s", want.Name, want.Type))
		case have != want.Type:
			wrong = append(wrong, fmt.Sprintf("%s is of type %s, not %s", want.Name, have, want.Type))
		}
	}
	if len(wrong) > 0 {
		return 0, fmt.Errorf("search attributes of namespace %q: %s; rename those with `temporal operator search-attribute rename`, or use another namespace",
			namespace, strings.Join(wrong, "; "))
	}
	if len(missing) == 0 {
		return 0, nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	if err != nil {
		return 0, fmt.Errorf("add search attributes to namespace %q (where this process may not, somebody who may runs `temporal operator search-attribute create %s`): %w",
			namespace, strings.Join(commands, " "), err)
	}
	return len(missing), nil
}

// requireNamespace asks first, because the server reports a missing namespace as a passing fault when it is asked for
// the attributes of one.
func requireNamespace(ctx context.Context, c client.Client, namespace string) error {
	_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	var notFound *serviceerror.NamespaceNotFound
	switch {
	case errors.As(err, &notFound):
		return fmt.Errorf("namespace %q does not exist: create it with `temporal operator namespace create --namespace %s --retention %dd`: %w",
			namespace, namespace, int(Retention.Hours()/24), err)
	case err != nil:
		return fmt.Errorf("look up namespace %q: %w", namespace, err)
	}
	return nil
}

// worthAddingAgain is true when another process won a race, and for a server that is short of breath.
func worthAddingAgain(err error) bool {
	var internal *serviceerror.Internal
	return worthRetrying(err) || errors.As(err, &internal)
}

func pauseFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for Temporal's search attributes: %w", context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}
