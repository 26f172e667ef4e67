package scopes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// implications is a hierarchy as it was declared: who implies whom directly, by number.
type implications struct {
	*vocabulary
	direct [][]int
}

// vocabulary is the names of a hierarchy, sorted, and their numbers.
type vocabulary struct {
	names   []string
	numbers map[string]int
}

// declare numbers the names, and judges what does not take more than a look at each. Names
// that are at fault have numbers too: there may be circles beside them.
func declare(implies map[string][]string) (declared implications, faults []error) {
	numbers := make(map[string]int, len(implies))
	for _, broad := range slices.Sorted(maps.Keys(implies)) {
		faults = append(faults, implicationFaults(broad, implies[broad])...)
		numbers[broad] = 0
		for _, narrow := range implies[broad] {
			numbers[narrow] = 0
		}
	}
	declared = implications{&vocabulary{slices.Sorted(maps.Keys(numbers)), numbers}, make([][]int, len(numbers))}
	for number, name := range declared.names {
		numbers[name] = number
	}
	for broad, list := range implies {
		for _, narrow := range slices.Compact(slices.Sorted(slices.Values(list))) {
			declared.direct[numbers[broad]] = append(declared.direct[numbers[broad]], numbers[narrow])
		}
	}
	return declared, faults
}

func tooManyNames(n int) error {
	return fmt.Errorf("scopes: the hierarchy has %d names: use at most %d", n, mostNames)
}

// tooLarge is looked at first: it bounds the work on the rest.
func tooLarge(implies map[string][]string) error {
	implications := 0
	for _, list := range implies {
		implications += len(list)
	}
	if len(implies) > mostNames || implications > mostImplications {
		return fmt.Errorf("scopes: the hierarchy has %d names that imply %d others: use at most %d names and %d implications",
			len(implies), implications, mostNames, mostImplications)
	}
	return nil
}

func implicationFaults(broad string, list []string) (faults []error) {
	if err := nameFault(broad); err != nil {
		faults = append(faults, fmt.Errorf("scopes: the name %.40q in the hierarchy %w", broad, err))
	}
	if len(list) == 0 {
		faults = append(faults, fmt.Errorf("scopes: %.40q implies nothing: name what it implies, or remove it", broad))
	}
	seen := make(map[string]bool, len(list))
	for _, narrow := range list {
		if err := nameFault(narrow); err != nil {
			faults = append(faults, fmt.Errorf("scopes: the name %.40q, which %.40q implies, %w", narrow, broad, err))
		}
		if seen[narrow] {
			faults = append(faults, fmt.Errorf("scopes: %.40q implies %.40q twice: remove one", broad, narrow))
		}
		seen[narrow] = true
	}
	return faults
}

func nameFault(name string) error {
	switch {
	case strings.Trim(name, " ") == "":
		return errors.New("is blank: name a scope")
	case len(name) > longestName:
		return fmt.Errorf("has %d bytes: use at most %d", len(name), longestName)
	}
	if at := strings.IndexFunc(name, func(c rune) bool { return !scopeTokenChar(c) }); at >= 0 {
		return fmt.Errorf("holds %.8q: one scope may hold only the visible ASCII characters other than '\"' and '\\'",
			name[at:])
	}
	return nil
}
