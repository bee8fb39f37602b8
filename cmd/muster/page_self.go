package main

import (
	"context"
	"errors"
)

func testPage(context.Context, shell, pageFlags) error { return errors.New("x") }
