import json,time,sys
sys.path.insert(0,'/work/main')
from tests.server.house import House, EXAMPLES
from tests.server import nasty
def test_probe(world):
    house=House(world).furnish()
    seen={}
    n=0
    t0=time.time()
    for method,route in nasty.calls(house.app):
        ex=EXAMPLES.get(route.path.removeprefix('/api/v1'))
        if ex is None:
            if route.original_route.body_field is not None: print("NO EXAMPLE",route.path)
            continue
        url=nasty.address(route,number="1",department="support",model="mail",name="desk",dataset="mails",username="sam",**house.ids)
        if route.path.startswith("/api/v1/session"): continue
        a=house.client.request(method,url,json=ex)
        print(method,route.path,a.status_code, a.text[:150] if a.status_code>=300 else "")
        for kind,wrong in nasty.TEXTS.items():
            for body in nasty.spoilt(ex,wrong):
                n+=1
                t=time.time()
                a=house.client.request(method,url,content=json.dumps(body).encode(),headers={"Content-Type":"application/json"})
                if a.status_code>=500 or time.time()-t>5:
                    seen.setdefault((method,route.path,kind),[]).append((str(json.dumps(body))[:300],a.status_code,time.time()-t))
    print(n,"calls",time.time()-t0)
    for k,v in seen.items(): print(k,len(v),v[:2])
    if seen: raise SystemError
