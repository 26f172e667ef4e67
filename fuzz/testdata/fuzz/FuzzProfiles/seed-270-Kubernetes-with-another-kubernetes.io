go test fuzz v1
string("{\"alg\":\"HS256\"}")
string("{\"aud\":\"https://api.example\",\"exp\":1800000300,\"iat\":1799999900,\"iss\":\"https://issuer.example\",\"kubernetes.io\":\"canary-53551\",\"sub\":\"system:serviceaccount:n:s\"}")
uint16(1350)
byte('\x0e')
