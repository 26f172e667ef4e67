package jwks

import "context"

// fresher waits for a set that is no older than the question about it.
//
// A fetch that was under way already may have been answered before the question
// arose. If its result is not enough, one more is asked for, so that the first
// token of a new key is not refused for bad timing.
type fresher struct {
	flights *flights
	may     permission       // to begin a fetch where none is under way
	enough  func(error) bool // whether the result of a fetch, and the state by then, answers the question
}

// wait returns the fetch that answered, and its error. It begins with the one that
// was joined; own says whether that was begun for the question. Nil means that no
// answer came, because no further fetch may begin.
func (q fresher) wait(ctx context.Context, f *flight, own bool) (*flight, error) {
	for again := false; f != nil; again = true {
		if err := q.flights.wait(ctx, f); own || again || q.enough(err) {
			return f, err
		}
		f, own = q.flights.join(q.may)
	}
	return nil, nil
}
