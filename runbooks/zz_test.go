package runbooks
import ("testing";"fmt";"os";"time";"encoding/json")
func TestZZ(t *testing.T){
 for _,f:=range []string{"service-outage.yaml","demo.yaml","/work/shared/examples/service-outage.yaml","/work/shared/examples/security-breach.yaml"}{
  b,_:=os.ReadFile(f)
  t0:=time.Now()
  rb,ps:=Parse(f,b)
  fmt.Println(f,rb!=nil,time.Since(t0)); fmt.Println(ps)
  if rb!=nil { j,_:=rb.JSON(); fmt.Println(string(j)); t0=time.Now(); _,err:=Compile(rb); fmt.Println(time.Since(t0),err); rb.Walk(func(p *Phase,s *Step){fmt.Println(s.Path,s.Address)}); fmt.Println(rb.Names()) ; _=json.Valid}
 }
}
