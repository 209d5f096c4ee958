"""The map from outside: a place keeps the system it was given in, points are cut to the rights, the tile server
is a setting and the only host that the page may take pictures from."""
import json
import pathlib
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import from_outside_api as api  # noqa: E402

HERE = (115.8100000, 28.6900000)  # WGS-84
ON_CHINESE_MAPS = (115.8150199, 28.6867608)  # the same point in GCJ-02, reckoned by another program
TILES = "https://tiles.example/{z}/{x}/{y}.png"


class Map(api.Served):
    logins = ("grid", "desk", "stranger")

    def report(self, place, status=201, who="grid", **fields):
        body = {"id": api.uuid7(), "type": "dispute", "area": api.VILLAGE, "action": "report",
                "fields": {"summary": "两家为宅基地边界争执", "place": place, "result": "not_settled", **fields}}
        return self.want(who, status, "POST", "/api/records", body)

    def place(self, record):
        return self.want("desk", 200, "GET", f"/api/records/{record['id']}")["fields"]["place"]

    def points(self, who="desk", status=200, **query):
        return self.want(who, status, "GET", "/api/points?" + urllib.parse.urlencode({"type": "dispute", **query}))

    def setting(self, name, value):
        api.cli("setting", name, value, "--db", self.server.db)
        time.sleep(1.1)  # the server looks once a second for what another process has changed

    def near(self, a, b, far=2e-7):
        self.assertLessEqual(max(abs(a[0] - b[0]), abs(a[1] - b[1])), far, f"{a} and {b}")

    def test_a_place_keeps_the_system_it_was_given_in(self):
        lon, lat = ON_CHINESE_MAPS
        given = self.place(self.report({"text": "村口", "lon": lon, "lat": lat, "crs": "GCJ-02"}))
        self.near((given["lon"], given["lat"]), HERE)
        self.assertEqual(given["given"], {"crs": "GCJ-02", "lon": lon, "lat": lat})
        national = self.place(self.report({"lon": HERE[0], "lat": HERE[1], "crs": "CGCS2000"}))
        self.near((national["lon"], national["lat"]), HERE, 0)
        self.assertEqual(national["given"]["crs"], "CGCS2000")
        plain = self.place(self.report({"lon": HERE[0], "lat": HERE[1], "crs": "WGS-84"}))
        self.assertEqual(plain, {"lon": HERE[0], "lat": HERE[1]})
        bad = self.report({"lon": lon, "lat": lat, "crs": "BD-09"}, 400)
        self.assertEqual(bad["field"], "place")
        self.assertIn("GCJ-02", bad["detail"])
        self.assertEqual(self.place(self.report({"text": "村口", "crs": "GCJ-02"})), {"text": "村口"})

    def test_what_lies_at_one_place_is_near_in_whatever_system_it_is_asked(self):
        first = self.report({"text": "桥头", "lon": 115.9, "lat": 28.7})
        for crs, (lon, lat) in (("WGS-84", (115.9, 28.7)), ("GCJ-02", self.shown(first, "GCJ-02"))):
            rows = self.want("desk", 200, "POST", "/api/similar",
                             {"type": "dispute", "lon": str(lon), "lat": str(lat), "crs": crs, "area": api.VILLAGE,
                              "text": "两家为宅基地边界争执"})["rows"]
            self.assertEqual([r["metres"] for r in rows if r["record"]["id"] == first["id"]], [0], crs)
        self.want("desk", 400, "POST", "/api/similar",
                  {"type": "dispute", "lon": "115.9", "lat": "28.7", "crs": "EPSG:4326"})
        self.want("desk", 400, "POST", "/api/similar", {"type": "dispute", "lon": "115.9", "area": api.VILLAGE})
        self.want("desk", 400, "POST", "/api/similar", {"type": "dispute", "area": api.VILLAGE, "words": "x"})

    def shown(self, record, crs):
        return next(p["at"] for p in self.points(crs=crs)["points"] if p["record"]["id"] == record["id"])

    def test_points_are_cut_to_the_rights_and_to_the_question(self):
        r = self.report({"text": "塘边", "lon": 116.2, "lat": 28.9})
        box = "116.19,28.89,116.21,28.91"
        got = self.points(bbox=box)
        self.assertEqual((got["n"], got["crs"], got["squares"]), (1, "WGS-84", []))
        self.assertEqual(got["points"][0]["at"], [116.2, 28.9])
        self.assertEqual(got["points"][0]["record"]["id"], r["id"])
        self.assertEqual(got["box"], [116.2, 28.9, 116.2, 28.9])
        self.assertEqual(self.points("stranger", bbox=box)["n"], 0)
        self.assertEqual(self.points(bbox="116.3,28.89,116.4,28.91")["n"], 0)
        self.assertEqual(self.points(bbox=box, where="state = 'archived'")["n"], 0)
        self.assertEqual(self.points(bbox=box, area="360112102000")["n"], 0)
        self.assertEqual(self.points(bbox=box, open="true", search="塘边")["n"], 1)
        lon, lat = self.shown(r, "GCJ-02")
        small = ",".join(f"{x:.6f}" for x in (lon - 1e-5, lat - 1e-5, lon + 1e-5, lat + 1e-5))
        self.assertEqual(self.points(bbox=small, crs="GCJ-02")["n"], 1)
        self.assertEqual(self.points(bbox=small)["n"], 0)
        for bad in ("1,2,3", "1,2,3,4,5", "3,2,1,4", "1,4,3,2", "a,b,c,d", "181,0,182,1", ""):
            status = 200 if not bad else 400
            self.points(status=status, bbox=bad)
        self.points(status=400, limit="201")
        self.points(status=400, where="reported_by = 'x'")  # never by person

    def test_many_are_numbers_in_squares(self):
        for i in range(12):
            self.report({"lon": round(117 + i % 4 * 0.01, 4), "lat": round(29 + i // 4 * 0.01, 4)})
        got = self.points(bbox="116.9,28.9,117.1,29.1", limit="11")
        self.assertEqual((got["n"], got["points"]), (12, []))
        self.assertEqual(sum(s["n"] for s in got["squares"]), 12)
        self.assertEqual({k for s in got["squares"] for k in s}, {"box", "n"})
        self.assertEqual(len(self.points(bbox="116.9,28.9,117.1,29.1", limit="12")["points"]), 12)

    def test_a_sealed_matter_is_never_on_the_map(self):
        r = self.report({"text": "暗处", "lon": 118, "lat": 29.5}, who="desk", type="0302", minor=True)
        self.assertEqual(self.points(bbox="117.9,29.4,118.1,29.6")["n"], 0)
        self.assertIn(r["id"], [x["id"] for x in self.want(
            "desk", 200, "GET", "/api/records?type=dispute&limit=200")["rows"]])

    def borders(self, *features, crs="WGS-84", code="code"):
        """A file of squares {code: (west, south, east, north)}, through the command line."""
        def ring(w, s, e, n):
            return [[w, s], [e, s], [e, n], [w, n], [w, s]]
        rows = [{"type": "Feature", "properties": {code: key, "name": "a \"[{\" b"},
                 "geometry": {"type": "Polygon", "coordinates": [ring(*box)]}} for key, box in features]
        file = pathlib.Path(self.server.folder.name) / "b.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", "name": "x", "features": rows}), encoding="utf-8")
        told = api.cli("areas", "borders", str(file), "--crs", crs, "--db", self.server.db, "--json")
        time.sleep(1.1)
        return json.loads(told)["borders"]

    def locate(self, lon, lat, crs="WGS-84", who="grid"):
        return self.want(who, 200, "GET", f"/api/locate?lon={lon}&lat={lat}&crs={crs}")

    def test_zy_which_area_a_point_lies_in(self):
        self.assertEqual(self.locate(115.81, 28.69), {"borders": False})  # nothing is guessed
        district, town, village = (api.DISTRICT, (115.5, 28.5, 116, 29)), (api.TOWN, (115.8, 28.6, 115.9, 28.7)), \
            (int(api.VILLAGE), (115.805, 28.68, 115.82, 28.7))
        self.assertEqual(self.borders(district, town, village), 3)
        self.assertEqual(self.locate(115.81, 28.69)["code"], api.VILLAGE)
        self.assertEqual([self.locate(115.81, 28.69, who=w)["mine"] for w in ("grid", "desk", "stranger")],
                         [True, True, False])
        self.assertEqual(self.locate(115.85, 28.65)["code"], api.TOWN)
        self.assertEqual(self.locate(115.55, 28.55)["code"], api.DISTRICT)
        self.assertEqual(self.locate(114, 28), {"borders": True})
        lon, lat = ON_CHINESE_MAPS
        self.assertEqual(self.locate(lon, lat, "GCJ-02")["code"], api.VILLAGE)
        rows = self.want("grid", 200, "GET", f"/api/borders?area={api.DISTRICT}")["rows"]
        self.assertEqual([r["code"] for r in rows], [api.DISTRICT, api.TOWN])
        self.assertEqual(rows[1]["rings"], [[[115.8, 28.6], [115.9, 28.6], [115.9, 28.7], [115.8, 28.7],
                                             [115.8, 28.6]]])
        self.want("grid", 400, "GET", "/api/borders?area=999")
        self.want("grid", 400, "GET", "/api/locate")
        self.want("grid", 400, "GET", "/api/locate?lon=115")
        for wrong in ((api.TOWN, (100, 20, 101, 21)), ("999999", (115.8, 28.6, 115.9, 28.7)),
                      (api.TOWN, (28.6, 80.8, 28.7, 80.9))):
            with self.assertRaises(AssertionError) as told:
                self.borders(wrong)
            self.assertIn(wrong[0], str(told.exception))
        self.borders((api.TOWN, (115.8151016, 28.5, 115.9, 28.7)), crs="GCJ-02", code="adcode")  # the later one stays
        self.assertEqual(self.locate(115.8095, 28.55)["code"], api.DISTRICT)
        self.assertEqual(self.locate(115.8111, 28.55)["code"], api.TOWN)
        said = json.loads(api.cli("verify", "--db", self.server.db, "--json"))
        self.assertTrue(said["ok"], said)

    def test_zz_the_tile_server_is_a_setting(self):
        self.assertEqual(self.want("grid", 200, "GET", "/api/map"), {"crs": "WGS-84"})
        policy = self.policy("/")
        self.assertIn("img-src 'self' data: blob:;", policy)
        for name, value in (("map.tiles", "https://tiles.example; script-src */{z}/{x}/{y}"), ("map.crs", "BD-09")):
            with self.assertRaises(AssertionError):
                self.setting(name, value)
        self.setting("map.tiles", TILES)
        self.setting("map.attribution", "审图号：GS(2024)0000号")
        self.setting("map.crs", "GCJ-02")
        self.assertEqual(self.want("grid", 200, "GET", "/api/map"),
                         {"tiles": TILES, "attribution": "审图号：GS(2024)0000号", "crs": "GCJ-02"})
        self.assertEqual(self.policy("/map"), policy.replace("blob:;", "blob: https://tiles.example;"))
        self.assertNotIn("tiles", self.policy("/r"))
        r = self.report({"text": "村口", "lon": HERE[0], "lat": HERE[1]})
        shown = self.place(r)["map"]
        self.near((shown["lon"], shown["lat"]), ON_CHINESE_MAPS)
        self.setting("map.tiles", "off")
        self.assertEqual(self.policy("/"), policy)

    def policy(self, path):
        self.want("grid", 200, "GET", path)
        return self.clients["grid"].head["Content-Security-Policy"]


class MapOnPostgres(Map):
    postgres = True


if __name__ == "__main__":
    unittest.main()
