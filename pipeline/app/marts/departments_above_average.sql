-- Which departments hired more people in the year than the mean over all departments?
-- Grain: department. A department that hired nobody counts as 0 in the mean. Reads dw.employees, dw.departments.
with hires as (
  select
    departments.department_id,
    departments.department_name,
    count(employees.employee_id) as hired
  from dw.departments
  left join dw.employees
    on employees.department_id = departments.department_id
   and employees.hiring_date >= make_timestamp($year, 1, 1, 0, 0, 0)
   and employees.hiring_date < make_timestamp($year + 1, 1, 1, 0, 0, 0)
  group by departments.department_id, departments.department_name
)
select
  department_id as id,
  department_name as department,
  hired
from hires
where hired > (select avg(hired) from hires)
order by hired desc, department
