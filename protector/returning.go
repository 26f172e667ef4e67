package protector

import "net/http"

// Returning is a handler that returns the error it has met, in the place of calling
// [Protector.WriteError] and forgetting to return:
//
//	mux.Handle("GET /articles/{id}", guard.Require()(guard.Returning(show)))
//
//	func show(w http.ResponseWriter, r *http.Request) error {
//		article, err := find(r.Context(), r.PathValue("id"))
//		if err != nil {
//			return err // 503
//		}
//		if article.draft {
//			if _, err := guard.Acquire(r, "drafts"); err != nil {
//				return err // 403, with the scope that is missing
//			}
//		}
//		return json.NewEncoder(w).Encode(article)
//	}
//
// An error is answered as WriteError answers it: an [*Error] says how, and
// &Error{Status: 404} is one; any other says that nobody could tell, and is 503. If
// the answer had begun, it cannot be taken back, and the connection is cut, so that
// the client does not take a part for the whole. Returning panics on a nil function,
// and on a nil or zero Protector.
func (p *Protector) Returning(handle func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	p.mustBeBuilt("Returning")
	if handle == nil {
		panic("protector: Returning was given a nil function")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answerWriter{ResponseWriter: w, status: http.StatusOK}
		err := handle(answer, r)
		switch {
		case err == nil:
		case answer.begun:
			panic(http.ErrAbortHandler)
		default:
			p.WriteError(w, r, err)
		}
	})
}
