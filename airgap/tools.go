//go:build tools

package airgap

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
