package gateway

import (
	"errors"
	"sync"
)

// parallel bounds how many requests one call to the gateway makes to Temporal at once.
const parallel = 8

// eachOf runs f for every item, several at once, waits for all of them, and joins their errors in the items' order.
func eachOf[T any](items []T, f func(n int, item T) error) error {
	if len(items) == 1 {
		return f(0, items[0])
	}
	errs := make([]error, len(items))
	seats := make(chan struct{}, parallel)
	var all sync.WaitGroup
	for n, item := range items {
		seats <- struct{}{}
		all.Go(func() {
			defer func() { <-seats }()
			errs[n] = f(n, item)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
