package grpcguard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

func TestFaults(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	policies := func(name string, policy protector.Policy) grpcguard.Config {
		return grpcguard.Config{Policies: map[string]protector.Policy{name: policy}}
	}
	const form = `: write it as "/package.Service/Method", or "/package.Service/*" for the whole service`
	for name, tt := range map[string]struct {
		guard  *protector.Protector
		config grpcguard.Config
		want   string
	}{
		"nil guard": {nil, policies("/a.B/C", protector.Policy{}),
			"New was given a nil or zero Protector: build one with protector.New, and check its error"},
		"zero guard": {new(protector.Protector), policies("/a.B/C", protector.Policy{}),
			"New was given a nil or zero Protector: build one with protector.New, and check its error"},
		"nothing":         {guard, grpcguard.Config{}, "Config.Policies is empty: name the procedures that may be called"},
		"no slash":        {guard, policies("a.B/C", protector.Policy{}), `Config.Policies has the key "a.B/C"` + form},
		"no method":       {guard, policies("/a.B/", protector.Policy{}), `Config.Policies has the key "/a.B/"` + form},
		"no service":      {guard, policies("//C", protector.Policy{}), `Config.Policies has the key "//C"` + form},
		"service alone":   {guard, policies("/a.B", protector.Policy{}), `Config.Policies has the key "/a.B"` + form},
		"everything":      {guard, policies("/*", protector.Policy{}), `Config.Policies has the key "/*"` + form},
		"star in service": {guard, policies("/*/C", protector.Policy{}), `Config.Policies has the key "/*/C"` + form},
		"star in method":  {guard, policies("/a.B/C*", protector.Policy{}), `Config.Policies has the key "/a.B/C*"` + form},
		"two slashes":     {guard, policies("/a/B/C", protector.Policy{}), `Config.Policies has the key "/a/B/C"` + form},
		"two dots":        {guard, policies("/a.B/..", protector.Policy{}), `Config.Policies has the key "/a.B/.."` + form},
		"space":           {guard, policies("/a.B/C ", protector.Policy{}), `Config.Policies has the key "/a.B/C "` + form},
		"blank scope": {guard, policies("/a.B/C", protector.Policy{Scopes: []string{}}),
			`Config.Policies["/a.B/C"] is not usable: the list of scopes is empty: name at least one, or leave it nil`},
		"open by no name": {guard, grpcguard.Config{Open: []string{""}}, `Config.Open[0] is ""` + form},
		"open twice": {guard, grpcguard.Config{Open: []string{"/a.B/*", "/a.B/*"}},
			`Config.Open[1] is "/a.B/*", which is declared already: leave one out`},
		"open and closed": {guard, grpcguard.Config{
			Policies: map[string]protector.Policy{"/a.B/C": {}}, Open: []string{"/a.B/C"},
		}, `Config.Open[0] is "/a.B/C", which is declared already: leave one out`},
	} {
		t.Run(name, func(t *testing.T) {
			interceptors, err := grpcguard.New(tt.guard, tt.config)
			require.EqualError(t, err, "grpcguard: "+tt.want)
			require.Nil(t, interceptors)
		})
	}
	_, err := grpcguard.New(guard, grpcguard.Config{
		Policies: map[string]protector.Policy{"b": {}, "a": {Scopes: []string{" "}, Groups: []string{}}}, Open: []string{"c"},
	})
	require.Len(t, strings.Split(err.Error(), "\n"), 4, err)
}

// checklist 217
func TestVerify(t *testing.T) {
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	register(server, method{name: "/a.Service/One"}, method{name: "/a.Service/Two", server: true})
	guard := newGuard(t, protector.Config{})
	verify := func(open []string, names ...string) string {
		config := grpcguard.Config{Policies: make(map[string]protector.Policy), Open: open}
		for _, name := range names {
			config.Policies[name] = protector.Policy{}
		}
		if err := newInterceptors(t, guard, config).Verify(server); err != nil {
			return err.Error()
		}
		return ""
	}
	all := []string{"/grpc.health.v1.Health/*"}
	undeclared := func(name string) string {
		return "grpcguard: " + name + " is registered and not declared: add it to Config.Policies, or to Config.Open"
	}
	unregistered := func(name string) string {
		return "grpcguard: " + name + " is declared and not registered: correct its name, or remove it"
	}
	require.Empty(t, verify(all, "/a.Service/One", "/a.Service/Two"))
	require.Empty(t, verify(all, "/a.Service/*"))
	require.Empty(t, verify(all, "/a.Service/*", "/a.Service/One", "/a.Service/Two"))
	require.Equal(t, undeclared("/a.Service/Two"), verify(all, "/a.Service/One"))
	require.Equal(t, unregistered("/a.Service/Tow"), verify(all, "/a.Service/*", "/a.Service/Tow"))
	require.Equal(t, unregistered("/a.Servise/*"), verify(all, "/a.Service/*", "/a.Servise/*"))
	require.Equal(t, undeclared("/a.Service/Two")+"\n"+unregistered("/a.Service/two"),
		verify(all, "/a.Service/One", "/a.Service/two"))
	require.Equal(t, undeclared("/grpc.health.v1.Health/List")+"\n"+undeclared("/grpc.health.v1.Health/Watch"),
		verify([]string{healthpb.Health_Check_FullMethodName}, "/a.Service/*"))
}
