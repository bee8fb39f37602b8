package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"
)

// InstallationHeader stands on every answer of a gateway and holds its installation's mark, so that whoever asks by a public
// address can tell whether it leads to this gateway or to another program. The mark is no secret and opens nothing.
const InstallationHeader = "Musterbook-Installation"

// markLength is the length of a mark, in hexadecimal digits.
const markLength = 16

// Installation is the mark of the installation: the same for everything that works on one namespace of one Temporal, and
// another one everywhere else. It changes nothing.
func (d *Incidents) Installation(ctx context.Context) (string, error) {
	answer, err := d.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: d.namespace})
	if err != nil {
		return "", failed("ask Temporal for the namespace", err)
	}
	id := answer.GetNamespaceInfo().GetId()
	if id == "" {
		return "", fmt.Errorf("ask Temporal for the namespace: %s has no id", d.namespace)
	}
	sum := sha256.Sum256([]byte("musterbook installation\x00" + id))
	return hex.EncodeToString(sum[:])[:markLength], nil
}
