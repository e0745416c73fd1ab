"""What Pulumi runs."""

from infra import program

program.main()
