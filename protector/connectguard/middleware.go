package connectguard

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/reflect/protoreflect"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/internal/procedures"
)

// Config is the table of procedures. It is read by [New], and not kept.
type Config struct {
	_ [0]func() // no unkeyed literals, no comparison

	// Policies are what the procedures ask for, by the names that generated code has
	// as constants: "/greet.v1.GreetService/Greet". The name "/greet.v1.GreetService/*"
	// is for those procedures of the service that are not named themselves. The zero
	// Policy asks for any valid token.
	Policies map[string]protector.Policy

	// Open are the procedures that everybody reaches, token or not, by the same names.
	// No token is looked at. Default: none, health and reflection included.
	Open []string
}

// Middleware stands between clients and the handlers of a server. Build it with
// [New]. It is safe for concurrent use.
type Middleware struct {
	guard  *protector.Protector
	table  *procedures.Table
	writer *connect.ErrorWriter
}

// New compiles the table for a guard. The error joins every fault: of a name, of a
// policy, or of a procedure that is declared twice.
func New(guard *protector.Protector, config Config) (*Middleware, error) {
	table, err := procedures.New("connectguard", guard, config.Policies, config.Open)
	if err != nil {
		return nil, err
	}
	return &Middleware{guard, table, connect.NewErrorWriter()}, nil
}

// Verify compares the table with the services that are served. Call it at start-up:
// handlers of Connect do not tell what they serve, so it is told here.
//
//	middleware.Verify(greetv1.File_greet_v1_greet_proto.Services().ByName("GreetService"))
//
// The error joins every procedure that is served and not declared, which nobody
// could call, and every name that stands for no procedure, which is a slip of the
// pen.
func (m *Middleware) Verify(services ...protoreflect.ServiceDescriptor) error {
	var served []string
	for _, service := range services {
		methods := service.Methods()
		for i := range methods.Len() {
			served = append(served, "/"+string(service.FullName())+"/"+string(methods.Get(i).Name()))
		}
	}
	return m.table.Compare(served)
}

// Wrap guards a handler, which is a mux of handlers of Connect as a rule. The
// handler of a call that is refused is not called, and its body is not read. It
// panics on a nil handler.
func (m *Middleware) Wrap(next http.Handler) http.Handler {
	if next == nil {
		panic("connectguard: Wrap was given a nil handler: pass the mux with the procedures")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := m.entryOf(r)
		if entry.Rule == nil {
			next.ServeHTTP(w, r)
			return
		}
		if entry.Limited { // it ends with the call, also where the server's context does not
			ctx, end := context.WithCancel(r.Context())
			defer end()
			r = r.WithContext(ctx)
		}
		m.serve(w, r, entry, next)
	})
}

// entryOf finds the procedure of a request. One spelling is taken, since what stands
// behind may read others in its own way.
func (m *Middleware) entryOf(r *http.Request) *procedures.Entry {
	if r.URL.RawPath != "" {
		return m.table.For("")
	}
	return m.table.For(r.URL.Path)
}

func (m *Middleware) serve(w http.ResponseWriter, r *http.Request, entry *procedures.Entry, next http.Handler) {
	r.Pattern = entry.Pattern // for Decision, as http.ServeMux does
	r, err := m.guard.Check(r, entry.Rule)
	if err != nil {
		m.refuse(w, r, err)
		return
	}
	w, finish := answering(w, entry.Rule.AnswerHeader(r))
	if entry.Limited {
		stop := m.limit(w, r)
		defer stop()
	}
	next.ServeHTTP(w, r)
	finish()
}
